"""Tickers: one process at a time, again at the next time after a failure, soon gone when asked to stop."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from services.kit import tickers
from services.kit.app import Runtime, Ticker
from tests.store.kit.conftest import toy_runtime


@pytest.fixture
def new_runtime(kit_url: str, tmp_path: Path) -> Iterator[Callable[[], Runtime]]:
    """A process of the toy: its own connections to the one store."""
    made: list[Runtime] = []

    def make() -> Runtime:
        made.append(toy_runtime(kit_url, tmp_path, {}))
        return made[-1]

    yield make
    for runtime in made:
        runtime.database.close()


def test_a_ticker_runs_in_one_process_at_a_time(new_runtime: Callable[[], Runtime]) -> None:
    at_work, may_end = threading.Event(), threading.Event()

    def work(runtime: Runtime) -> None:
        at_work.set()
        may_end.wait(5)

    ticker = Ticker("sweep", 1.0, work)
    one, other = new_runtime(), new_runtime()
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(tickers.run_once, one, ticker)
        assert at_work.wait(5)
        assert tickers.run_once(other, ticker) is False
        may_end.set()
        assert first.result() is True
    assert tickers.run_once(other, ticker) is True


def test_tickers_of_different_names_do_not_hinder_each_other(
    new_runtime: Callable[[], Runtime],
) -> None:
    inner_ran: list[bool] = []
    other = new_runtime()

    def work(runtime: Runtime) -> None:
        inner_ran.append(tickers.run_once(other, Ticker("inner", 1.0, lambda _: None)))

    assert tickers.run_once(new_runtime(), Ticker("outer", 1.0, work)) is True
    assert inner_ran == [True]


def test_a_failed_run_gives_its_turn_back(new_runtime: Callable[[], Runtime]) -> None:
    def fail(runtime: Runtime) -> None:
        raise RuntimeError

    one, other = new_runtime(), new_runtime()
    with pytest.raises(RuntimeError):
        tickers.run_once(one, Ticker("failing", 1.0, fail))
    assert tickers.run_once(other, Ticker("failing", 1.0, lambda _: None)) is True


def test_a_ticker_that_fails_runs_again(new_runtime: Callable[[], Runtime]) -> None:
    runs: list[int] = []

    def fail_first(runtime: Runtime) -> None:
        runs.append(len(runs))
        if len(runs) == 1:
            raise RuntimeError

    ticker = Ticker("stumbling", 0.0, fail_first)
    tickers.run(new_runtime(), ticker, stopping=lambda: len(runs) >= 2)
    assert runs == [0, 1]


def test_a_sleeping_ticker_stops_within_a_second(new_runtime: Callable[[], Runtime]) -> None:
    ran, stopping = threading.Event(), threading.Event()
    ticker = Ticker("nightly", 86_400.0, lambda _: ran.set())
    thread = threading.Thread(
        target=tickers.run, args=(new_runtime(), ticker), kwargs={"stopping": stopping.is_set}
    )
    thread.start()
    assert ran.wait(5)
    stopping.set()
    thread.join(1.0)
    assert not thread.is_alive()
