"""Tells the demo to whoever watches, and keeps count of what did not come out as expected."""

from __future__ import annotations

import time
from pathlib import Path

from rich.console import Console, RenderableType

from client.cli.screen import print_whole
from services.kit.money import format_yuan


class Narrator:
    """Prints steps with the time they took; remembers every figure that differs."""

    def __init__(self, console: Console, *, root: Path) -> None:
        self._console = console
        self._root = root
        self._started_s = time.monotonic()
        self._step = 0
        self._checked = 0
        self.differences: list[str] = []

    def step(self, title: str) -> None:
        self._step += 1
        elapsed_s = time.monotonic() - self._started_s
        self._console.print(
            f"\n[bold cyan]第 {self._step} 步  {title}[/bold cyan]  [dim]{elapsed_s:.1f} 秒[/dim]"
        )

    def say(self, text: str) -> None:
        self._console.print(f"  {text}")

    def show(self, picture: RenderableType) -> None:
        print_whole(self._console, picture)

    def command(self, line: str) -> None:
        """What one would type for the same."""
        self._console.print(f"  [green]$ {line}[/green]")

    def file(self, what: str, path: Path) -> None:
        self._console.print(f"  {what}：[bold]{self.path(path)}[/bold]")

    def path(self, path: Path) -> str:
        """A path as short as it can be told."""
        return str(path.relative_to(self._root)) if path.is_relative_to(self._root) else str(path)

    def check(self, what: str, *, expected: object, found: object, shown: str = "") -> None:
        """A figure worked out beforehand against the one that the hall gives.

        `shown` stands for it when it is too long to read.
        """
        self._checked += 1
        if expected == found:
            self._console.print(f"  [green]✓[/green] {what}：{shown or found}")
            return
        self.differences.append(f"{what}：应为 {expected}，实为 {found}")
        self._console.print(f"  [bold red]✗ {self.differences[-1]}[/bold red]")

    def check_yuan(self, what: str, *, expected_fen: int, found_fen: int) -> None:
        self.check(
            f"{what}（元）",
            expected=format_yuan(expected_fen, grouping=True),
            found=format_yuan(found_fen, grouping=True),
        )

    def end(self) -> int:
        """The last word; the exit code."""
        elapsed_s = time.monotonic() - self._started_s
        if self.differences:
            self._console.print(f"\n[bold red]有 {len(self.differences)} 项与预期不符：[/bold red]")
            for each in self.differences:
                self._console.print(f"  [red]{each}[/red]")
            return 1
        self._console.print(
            f"\n[bold green]演示完成：{self._checked} 项核对全部相符，用时 {elapsed_s:.1f} 秒。"
            "[/bold green]"
        )
        return 0
