"""The sample consumer (docs/events.md): started late, told twice and killed, it ends with the balances of the books."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hpf.common.v1.event_log_pb2 import ReadEventsRequest, ReadEventsResponse
from sqlalchemy import text

from client.samples.balances_consumer import Balances, Gap, ReadLog
from services.kit.events import Event
from tests.system.city import City
from tests.system.deposit_city import employer_with, transfer
from tests.system.people import pay_in, remit
from tests.system.read_side import check_read_side, story_of


@pytest.fixture
def town(new_store: Callable[[str], str], tmp_path: Path) -> Iterator[City]:
    """A city on databases of its own: the consumer reads whole logs."""
    made = City(new_store, tmp_path)
    yield made
    check_read_side(made, story_of(made), new_store)
    made.close()


@pytest.fixture
def balances(tmp_path: Path) -> Iterator[Balances]:
    made = Balances(tmp_path / "balances.sqlite")
    yield made
    made.close()


def books(town: City) -> dict[str, int]:
    """What deposit's own books say."""
    with town.runtimes["deposit"].database.reading() as connection:
        rows = connection.execute(text("SELECT account_no, balance_fen FROM account_fund"))
        return {row.account_no: row.balance_fen for row in rows if row.balance_fen}


def read_log(town: City) -> ReadLog:
    return lambda request: town.call("deposit", request, ReadEventsResponse)


def catch_up(town: City, balances: Balances) -> None:
    """Replay until the end of the log can be read: other databases of the server can hold it up."""
    for _ in range(200):
        balances.catch_up(read_log(town))
        newest = [event for event in town.delivered if event.source == "deposit"]
        try:
            for event in newest:
                tell(balances, event)
        except Gap:
            time.sleep(0.05)
            continue
        return
    raise AssertionError("the log cannot be read")


def tell(balances: Balances, event: Event) -> None:
    balances.take(event.type, event.subject, version=event.version, body=event.body)


def a_year(town: City) -> tuple[str, str]:
    first, accounts = employer_with(town, "16317.00", "5000.00")
    second, _ = employer_with(town, "3000.00")
    pay_in(town, first, 5_000_000)
    remit(town, first, 201909)
    transfer(town, first, second, accounts[:1])
    pay_in(town, second, 2_000_000)
    remit(town, second, 201909)
    town.settle()
    return first, second


def test_started_late_it_ends_with_the_balances_of_the_books(
    town: City, balances: Balances
) -> None:
    a_year(town)
    balances.catch_up(read_log(town))
    catch_up(town, balances)
    expected = books(town)
    assert len(expected) == 3
    assert balances.of_everybody() == expected


def test_going_on_live_told_twice_and_in_runs_it_stays_equal(
    town: City, balances: Balances
) -> None:
    first, second = a_year(town)
    catch_up(town, balances)
    seen = len(town.delivered)
    town.clock.moment = datetime(2019, 10, 15, 4, tzinfo=UTC)
    pay_in(town, first, 5_000_000)
    pay_in(town, second, 5_000_000)
    assert remit(town, first, 201910).amount_fen == 110_000
    assert remit(town, second, 201910).amount_fen > 0
    town.settle()
    live = [event for event in town.delivered[seen:] if event.source == "deposit"]
    for event in [*live, *live]:
        tell(balances, event)
    assert balances.of_everybody() == books(town)


def test_a_missing_event_is_noticed_and_read_from_the_log(town: City, balances: Balances) -> None:
    a_year(town)
    lost, *rest = [event for event in town.delivered if event.source == "deposit"]
    next_of_it = next(event for event in rest if event.subject == lost.subject)
    with pytest.raises(Gap):
        tell(balances, next_of_it)
    catch_up(town, balances)
    assert balances.of_everybody() == books(town)


def test_a_copy_that_is_closed_and_opened_goes_on(town: City, tmp_path: Path) -> None:
    a_year(town)
    file = tmp_path / "again.sqlite"
    early = Balances(file)
    catch_up(town, early)
    early.close()
    again = Balances(file)

    def only_new(request: ReadEventsRequest) -> ReadEventsResponse:
        assert request.after.position > 0
        return read_log(town)(request)

    again.catch_up(only_new)
    assert again.of_everybody() == books(town)
    again.close()


def test_versions_read_the_wrong_way_round_are_applied_in_order(
    town: City, balances: Balances
) -> None:
    a_year(town)

    def shuffled(request: ReadEventsRequest) -> ReadEventsResponse:
        page = read_log(town)(request)
        events = list(page.events)
        random.Random(5).shuffle(events)
        del page.events[:]
        page.events.extend(events)
        return page

    balances.catch_up(shuffled)
    catch_up(town, balances)
    assert balances.of_everybody() == books(town)
