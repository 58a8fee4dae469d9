"""One figure beside its limit, taken in turns over several rounds, so that a noisy machine disturbs both alike.

A bench is a module `benches.<name>` with `run(stage) -> list[Result]`. Figures are printed and written, never
asserted.
"""

from __future__ import annotations

import json
import secrets
import statistics
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.table import Table

from deploy.local import databases, infra
from services.kit.migrate import migrate

ROUNDS = 5
RESULTS = Path("var/bench/results.json")


@dataclass(frozen=True, slots=True)
class Result:
    """One line of the table. `ratio` is ours over limit; `goal` says in words what it should be."""

    name: str
    unit: str
    ours: float
    limit: float
    goal: str
    ratio: float = 0.0

    @classmethod
    def of(cls, name: str, *, unit: str, ours: float, limit: float, goal: str) -> Result:
        return cls(name, unit, ours, limit, goal, ours / limit if limit else 0.0)


def seconds(work: Callable[[], object]) -> float:
    """How long `work` takes once."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def in_turns(
    ours: Callable[[], float], limit: Callable[[], float], *, rounds: int = ROUNDS
) -> tuple[float, float]:
    """Medians of both, measured one after the other in each round; each call gives its own figure."""
    pairs = [(ours(), limit()) for _ in range(rounds)]
    return statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs)


def compared(
    name: str,
    *,
    ours: Callable[[], object],
    limit: Callable[[], object],
    goal: str,
    rounds: int = ROUNDS,
) -> Result:
    """Both timed in milliseconds, in turns."""
    mine, least = in_turns(lambda: seconds(ours), lambda: seconds(limit), rounds=rounds)
    return Result.of(name, unit="ms", ours=mine * 1000, limit=least * 1000, goal=goal)


@dataclass
class Stage(AbstractContextManager["Stage"]):
    """Throw-away databases on the project's own PostgreSQL; everything goes when the stage is struck."""

    superuser_url: str = field(default_factory=infra.ensure_postgres)
    _made: list[str] = field(default_factory=list)
    _copies: list[str] = field(default_factory=list)

    def database(self, service: str = "") -> str:
        """The URL of a new database as its owner, or as the role that `service` runs as, migrated for it."""
        name, password = f"hpf_bench_{secrets.token_hex(5)}", secrets.token_urlsafe(16)
        databases.create(self.superuser_url, [name], password=password, owner_password=password)
        self._made.append(name)
        url = databases.url_of(self.superuser_url, name=name, password=password)
        if not service:
            return databases.as_owner(url)
        migrate(service, databases.as_owner(url), role=name)
        return url

    def copy(self, url: str) -> str:
        """The URL of a new database with everything that the one at `url` has now; nobody may be connected to that."""
        name = f"hpf_bench_{secrets.token_hex(5)}"
        databases.copy(self.superuser_url, url, name)
        self._copies.append(name)
        return url.rpartition("/")[0] + f"/{name}"

    def checkpoint(self) -> None:
        """Let what was written so far reach the disk, so that it does not disturb what is measured next."""
        databases.checkpoint(self.superuser_url)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # A role goes when nothing is left that it owns.
        if self._copies:
            databases.drop(self.superuser_url, self._copies)
        if self._made:
            databases.drop(self.superuser_url, self._made)


def report(results: Iterable[Result]) -> None:
    """Print the table and write the same to var/bench/results.json."""
    found = list(results)
    table = Table(title="ours next to the limit of the same run")
    for title in ("name", "unit"):
        table.add_column(title)
    for title in ("ours", "limit", "ratio"):
        table.add_column(title, justify="right")
    table.add_column("goal")
    for each in found:
        table.add_row(
            each.name,
            each.unit,
            f"{each.ours:,.2f}",
            f"{each.limit:,.2f}",
            f"{each.ratio:.2f}",
            each.goal,
        )
    Console(width=140).print(table)
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(
        json.dumps([asdict(each) for each in found], ensure_ascii=False, indent=1) + "\n",
        encoding="utf-8",
    )
