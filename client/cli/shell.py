"""What every command works with: settings, screen, the hall or the bus, and how things are printed.

Results go to standard output, everything else (progress, hints, errors) to standard error. With
`--json` a result is the reply of the hall as protobuf JSON, in the field names of the protos.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from hpf.common.v1.worksheet_pb2 import WorksheetFile
from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn

from client.cli.screen import print_whole
from client.config import ClientConfig, read_config
from client.downloads import Progress as OnProgress
from client.errors import InputError
from client.hall import Hall
from client.session_store import FileStore
from client.usbkey import UsbKeys

if TYPE_CHECKING:
    from client.bus import Staff
    from services.kit.dead_letters import DeadLetters

#: Tables are not folded for a screen that is not there.
PIPE_COLUMNS = 220


@dataclass
class Shell:
    """The state of one command."""

    config: ClientConfig = field(default_factory=read_config)
    as_json: bool = False
    sign: bool = False
    pin_file: TextIO | None = None
    list_command: str = ""  # how the list that the command works on is reached, `hpf seal`
    out: Console = field(default_factory=lambda: _console(stderr=False))
    err: Console = field(default_factory=lambda: _console(stderr=True))
    _hall: Hall | None = None
    _staff: Staff | None = None

    def hall(self) -> Hall:
        """The hall with the kept session; closed when the command ends."""
        if self._hall is None:
            if not self.config.edge:
                raise InputError(
                    "不知道网上业务大厅的地址：请设置 HPF_EDGE=主机:端口，或在配置文件中写 edge"
                )
            self._hall = Hall(
                self.config.edge,
                ca_pem=self.config.ca_pem(),
                store=FileStore(self.config.session_path()),
            )
        return self._hall

    def staff(self) -> Staff:
        """The staff's side of the bus; closed when the command ends."""
        if self._staff is None:
            # Loads the broker's library, which an employer's machine need not have.
            from client.bus import Staff

            self._staff = Staff(self.config)
        return self._staff

    def dead_letters(self) -> DeadLetters:
        """The broker's dead letters, for the staff."""
        from services.kit.dead_letters import DeadLetters

        return DeadLetters(self.config.operator_uri or self.config.broker(), self.config.namespace)

    def usb_keys(self) -> UsbKeys:
        """The USB keys that the configured PKCS#11 library sees. Raises NoModule."""
        module = Path(self.config.pkcs11_module) if self.config.pkcs11_module else None
        conf = Path(self.config.softhsm_conf) if self.config.softhsm_conf else None
        return UsbKeys(module, softhsm_conf=conf)

    def close(self) -> None:
        if self._hall is not None:
            self._hall.close()
        if self._staff is not None:
            self._staff.close()

    # ------------------------------------------------------------ printing

    def show(
        self, reply: Message, *pictures: RenderableType | Callable[[], RenderableType]
    ) -> None:
        """A reply of the hall: as JSON, or as the pictures that people get."""
        if self.as_json:
            self.show_json(as_json(reply))
            return
        for picture in pictures:
            self.draw(picture() if callable(picture) else picture)

    def draw(self, picture: RenderableType) -> None:
        """A picture on standard output."""
        print_whole(self.out, picture)

    def show_json(self, content: object) -> None:
        click.echo(json.dumps(content, ensure_ascii=False, indent=2))

    def say(self, text: str) -> None:
        """A sentence for the person; a script does not get it."""
        if not self.as_json:
            self.err.print(text, highlight=False)

    def keep(self, file: WorksheetFile, output: Path | None) -> None:
        """Write a file that came in one piece; into a folder under its own name."""
        path = output or Path(file.file_name)
        if path.is_dir():
            path = path / Path(file.file_name).name
        try:
            path.write_bytes(file.content)
        except OSError as error:
            raise InputError(f"无法写入 {path}：{error.strerror}") from error
        self.say(f"已保存到 {path}（{len(file.content):,} 字节）")

    @contextmanager
    def watching(self, what: str) -> Iterator[OnProgress]:
        """A progress bar on standard error, of rows, bytes, events or steps; nothing when nobody looks."""
        with Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            console=self.err,
            transient=True,
            disable=self.as_json or not self.err.is_terminal,
        ) as bar:
            task = bar.add_task(what, total=None)
            yield lambda done, total: bar.update(task, completed=done, total=total or None)

    @contextmanager
    def waiting(self, what: str) -> Iterator[None]:
        """A spinner on standard error while the hall works."""
        if self.as_json or not self.err.is_terminal:
            yield
            return
        with self.err.status(what):
            yield

    def confirm(self, question: str, *, yes: bool) -> None:
        """Ask before something that cannot be undone; a script must say --yes."""
        if yes:
            return
        if not sys.stdin.isatty():
            raise click.UsageError("非交互方式办理时请加 --yes 确认")
        click.confirm(question, abort=True, err=True)


def as_json(reply: Message) -> dict[str, Any]:
    """A message in protobuf JSON: every field present, in the names of the protos."""
    found: dict[str, Any] = MessageToDict(
        reply, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )
    return found


def _console(*, stderr: bool) -> Console:
    console = Console(stderr=stderr, highlight=False, soft_wrap=False)
    if not console.is_terminal:
        console = Console(stderr=stderr, highlight=False, width=PIPE_COLUMNS, no_color=True)
    return console


def _ask_for_json(context: click.Context, _parameter: click.Parameter, chosen: bool) -> None:
    if chosen:
        context.ensure_object(Shell).as_json = True


pass_shell = click.make_pass_decorator(Shell)

json_option = click.option(
    "--json",
    is_flag=True,
    expose_value=False,
    callback=_ask_for_json,
    help="以 JSON 输出，供程序使用",
)

yes_option = click.option("--yes", "-y", is_flag=True, help="不再询问，直接办理")
