"""年度结息 of a whole city by the real run, next to bare SQL that ends with the same rows; and how much memory the
service takes for it, next to a city of a tenth.

A year is settled in each round. The run works batch by batch, each a transaction of its own, so that nobody waits for
it, and checks each product against the ledger; the bare side writes everything in one, once by COPY and once by INSERTs
of a thousand rows, and checks nothing. The trial that a run needs is not in the figure.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from hpf.deposit.v1 import deposit_service_pb2 as pb

from benches._deposit_city import Size, build, check
from benches._same_rows import By, SameRows
from benches.harness import Result, Stage, seconds
from services.deposit.handlers import interest_run
from services.kit.heap import keep_what_is_there
from tests.store.deposit.desk import Desk

_FIRST_YEAR = 2020
_ROUNDS = 3
_GOAL = "≤ 2 × bare SQL, same rows"


class Books:
    """Deposit alone, on the first of July of whichever year is settled."""

    def __init__(self, url: str, folder: Path) -> None:
        self._desk = Desk(url, folder)

    def try_out(self, fund_year: int) -> None:
        """The trial that a run needs."""
        self._run(fund_year, trial=True)

    def settle(self, fund_year: int) -> None:
        """A whole run, from the order to its end."""
        self._run(fund_year, trial=False)

    def _run(self, fund_year: int, *, trial: bool) -> None:
        self._desk.clock.moment = datetime(fund_year, 7, 1, 2, tzinfo=UTC)
        request = pb.StartInterestRunRequest(fund_year=fund_year, trial=trial)
        self._desk.call(request, pb.StartInterestRunResponse)
        while interest_run.do_batch(self._desk.runtime):
            pass

    def close(self) -> None:
        self._desk.close()


def run(stage: Stage) -> list[Result]:
    size = Size.asked()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        city, tenth = _city(stage, folder, size), _city(stage, folder, Size.of(size.accounts // 10))
        return [*_time(stage, city, folder, size), _memory(city, tenth, folder, size)]


def _city(stage: Stage, folder: Path, size: Size) -> str:
    """The URL of the books of a new city."""
    urls = {service: stage.database(service) for service in ("collection", "deposit")}
    build(urls.__getitem__, folder, size)
    return urls["deposit"]


def _time(stage: Stage, url: str, folder: Path, size: Size) -> list[Result]:
    copies = {by: stage.copy(url) for by in By}  # before anybody is connected
    repeated = {by: SameRows(url, copy, by) for by, copy in copies.items()}
    books = Books(url, folder)
    mine: list[float] = []
    bare: dict[By, list[float]] = {by: [] for by in By}
    keep_what_is_there()  # as every process of a hall does when it has started
    for fund_year in range(_FIRST_YEAR, _FIRST_YEAR + _ROUNDS):
        books.try_out(fund_year)
        for each in repeated.values():
            each.watch()
        stage.checkpoint()
        mine.append(seconds(lambda year=fund_year: books.settle(year)))
        for by, each in repeated.items():
            write = each.prepare()
            stage.checkpoint()
            bare[by].append(seconds(write))
    for each in repeated.values():
        each.close()
    books.close()
    check(url)
    return [
        Result.of(
            f"annual interest of {size.words}, beside {by.value}",
            unit="s",
            ours=statistics.median(mine),
            limit=statistics.median(taken),
            goal=_GOAL,
        )
        for by, taken in bare.items()
    ]


def _memory(city: str, tenth: str, folder: Path, size: Size) -> Result:
    """Peak memory of a process of its own for each city."""
    return Result.of(
        f"peak memory of the interest of {size.accounts:,} accounts, next to a tenth of them",
        unit="MB",
        ours=_peak_mb(city, folder, _FIRST_YEAR + _ROUNDS),
        limit=_peak_mb(tenth, folder, _FIRST_YEAR),
        goal="flat",
    )


def _peak_mb(url: str, folder: Path, fund_year: int) -> float:
    command = [sys.executable, "-m", "benches._interest_memory", url, str(folder), str(fund_year)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
