"""Read tables thrown away and made anew from the owners' logs: the same rows, whatever happened on the way."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hpf.common.v1 import event_log_pb2
from hpf.query.v1 import query_service_pb2 as pb
from sqlalchemy import delete, select, update

from services.kit.calls import handle_event
from services.kit.events import Event
from services.kit.ids import new_id
from services.kit.replays import following
from services.query.models import READ_TABLES, applied_version, code_title, ledger_line, person
from services.query.replay import COPIES
from services.query.store.versions import versions_of
from tests.system.city import City, Refused
from tests.system.people import agent_of, pay_in
from tests.system.read_side import check_read_side, story_of
from tests.system.replaying import (
    FAILED,
    QUERY,
    REBUILD,
    RUNNING,
    SWITCHED,
    VERIFY,
    ended,
    live,
    newest,
    read_log,
    replayed,
    start,
)

Rows = dict[str, list[tuple[object, ...]]]


@pytest.fixture
def town(new_store: Callable[[str], str], tmp_path: Path) -> Iterator[City]:
    """A city with its read side, on databases of its own."""
    made = City(new_store, tmp_path, services=("collection", "deposit", "query"))
    yield made
    check_read_side(made, story_of(made))
    made.close()


def rows_of(town: City) -> Rows:
    """Every row of the read tables."""
    found: Rows = {}
    with town.runtimes["query"].database.reading() as connection:
        for table in (*READ_TABLES, code_title):
            found[table.name] = [
                tuple(bytes(v) if isinstance(v, memoryview) else v for v in row)
                for row in connection.execute(select(table).order_by(*table.primary_key))
            ]
    return found


def test_rebuilt_tables_equal_the_running_ones_row_for_row(town: City) -> None:
    live(town)
    before = rows_of(town)
    assert all(before.values())

    rebuilt = replayed(town, QUERY, REBUILD)

    assert rebuilt.state == SWITCHED
    assert all(each.position == each.last_position > 0 for each in rebuilt.owners)
    assert rows_of(town) == before


def test_damage_is_found_and_repaired(town: City) -> None:
    live(town)
    before = rows_of(town)
    assert replayed(town, QUERY, VERIFY).differences == []
    with town.runtimes["query"].database.transaction() as connection:
        connection.execute(update(person).values(balance_fen=person.c.balance_fen + 1))
        connection.execute(delete(ledger_line))

    found = replayed(town, QUERY, VERIFY)
    differing = {each.table: (each.only_running, each.only_replayed) for each in found.differences}
    assert differing == {
        "person": (3, 3),
        "ledger_line": (0, len(before["ledger_line"])),
    }
    assert (found.employers_compared, found.employers_skipped) == (2, 0)

    replayed(town, QUERY, REBUILD)
    assert rows_of(town) == before
    assert replayed(town, QUERY, VERIFY).differences == []


def test_the_city_goes_on_while_tables_are_rebuilt(town: City) -> None:
    (first, second) = live(town)
    start(town, QUERY, REBUILD)
    read = read_log(town)

    def read_while_working(
        owner: str, request: event_log_pb2.ReadEventsRequest
    ) -> event_log_pb2.ReadEventsResponse:
        reply = read(owner, request)
        pay_in(town, first, 100)
        town.settle()
        return reply

    query = town.runtimes["query"]
    following.work_with(query, COPIES, read_while_working)
    assert newest(town, QUERY).state == RUNNING  # the running tables had got further
    assert ended(town, QUERY, read).state == SWITCHED
    pay_in(town, second, 100)
    town.settle()
    assert replayed(town, QUERY, VERIFY).differences == []


def test_rebuild_killed_at_any_commit_goes_on_where_it_was(town: City) -> None:
    live(town)
    before = rows_of(town)
    start(town, QUERY, REBUILD)
    town.faults.random = random.Random(7)
    town.faults.dies_before_commit = town.faults.dies_after_commit = 0.3
    ended(town, QUERY, read_log(town))
    town.faults.dies_before_commit = town.faults.dies_after_commit = 0.0
    assert newest(town, QUERY).state == SWITCHED
    assert rows_of(town) == before


def test_versions_that_stand_the_wrong_way_round_in_a_log_are_applied_in_order(town: City) -> None:
    live(town)
    before = rows_of(town)
    read = read_log(town)

    def swapped(
        owner: str, request: event_log_pb2.ReadEventsRequest
    ) -> event_log_pb2.ReadEventsResponse:
        reply = read(owner, request)
        events = list(reply.events)
        random.Random(3).shuffle(events)
        del reply.events[:]
        reply.events.extend(events)
        return reply

    start(town, QUERY, REBUILD)
    ended(town, QUERY, swapped)
    assert rows_of(town)["ledger_line"] == before["ledger_line"]
    assert rows_of(town)["applied_version"] == before["applied_version"]


@pytest.mark.parametrize("seed", range(3))
def test_everything_twice_in_bursts_with_the_projection_killed_gives_the_same_rows(
    town: City, seed: int
) -> None:
    town.faults.random = random.Random(seed)
    town.faults.twice = 1.0
    town.faults.dies_before_commit = town.faults.dies_after_commit = 0.1
    live(town)
    town.faults.dies_before_commit = town.faults.dies_after_commit = 0.0
    assert replayed(town, QUERY, VERIFY).differences == []


def test_replay_that_misses_an_event_ends_and_names_it(town: City) -> None:
    (first, _) = live(town)
    before = rows_of(town)
    read = read_log(town)

    def without_the_second(
        owner: str, request: event_log_pb2.ReadEventsRequest
    ) -> event_log_pb2.ReadEventsResponse:
        reply = read(owner, request)
        told = [each for each in reply.events if (each.subject, each.version) != (first, 2)]
        del reply.events[:]
        reply.events.extend(told)
        return reply

    start(town, QUERY, REBUILD)
    found = ended(town, QUERY, without_the_second)
    assert found.state == FAILED
    assert found.failure == f"collection {first} 3"
    assert rows_of(town) == before
    assert replayed(town, QUERY, REBUILD).state == SWITCHED


@pytest.mark.parametrize("purpose", [REBUILD, VERIFY])
def test_an_event_that_cannot_be_applied_ends_the_replay_with_its_employer_named(
    town: City, purpose: pb.ReplayPurpose
) -> None:
    (employer_no, _) = live(town)
    before = rows_of(town)
    read = read_log(town)

    def spoiled(
        owner: str, request: event_log_pb2.ReadEventsRequest
    ) -> event_log_pb2.ReadEventsResponse:
        reply = read(owner, request)
        for each in reply.events:
            if (owner, each.subject, each.version) == ("deposit", employer_no, 2):
                each.body = b"\x0a\xff"
                each.type = "hpf.deposit.v1.LedgerLinesPosted"
        return reply

    start(town, QUERY, purpose)
    failed = ended(town, QUERY, spoiled)

    assert failed.state == FAILED
    assert failed.failure == f"deposit {employer_no} 2 hpf.deposit.v1.LedgerLinesPosted Poison"
    assert rows_of(town) == before
    assert replayed(town, QUERY, REBUILD).state == SWITCHED


def test_what_the_running_tables_know_and_no_log_has_ends_a_rebuild(town: City) -> None:
    (employer_no, _) = live(town)
    query = town.runtimes["query"]
    mine = (applied_version.c.owner == "deposit", applied_version.c.employer_no == employer_no)
    with query.database.transaction() as connection:
        known = versions_of(connection, employer_no)["deposit"]
        connection.execute(update(applied_version).where(*mine).values(version=known + 1))

    failed = replayed(town, QUERY, REBUILD)

    assert failed.state == FAILED
    assert failed.failure == f"deposit {employer_no} {known + 1}"
    with query.database.transaction() as connection:
        connection.execute(update(applied_version).where(*mine).values(version=known))


def test_only_one_replay_runs(town: City) -> None:
    start(town, QUERY, VERIFY)
    with pytest.raises(Refused) as refused:
        start(town, QUERY, REBUILD)
    assert refused.value.reason == "REPLAY_RUNNING"


def test_an_agent_may_not_rebuild(town: City) -> None:
    request = pb.StartReplayRequest(purpose=REBUILD)
    with pytest.raises(Refused) as refused:
        town.call("query", request, pb.StartReplayResponse, by=agent_of("130700000017"))
    assert refused.value.reason == "NOT_ALLOWED"


def test_an_event_of_a_type_to_come_leaves_no_gap(town: City) -> None:
    (first, _) = live(town)
    query = town.runtimes["query"]
    (subscription,) = [each for each in query.app.subscriptions if each.source == "deposit"]
    assert subscription.routing_keys() == ["deposit.*"]
    with query.database.reading() as connection:
        version = versions_of(connection, first)["deposit"]
    last = town.delivered[-1]
    unknown = Event(
        event_id=new_id(),
        type="hpf.deposit.v1.LoanGranted",
        source="deposit",
        subject=first,
        version=version + 1,
        occurred_at=last.occurred_at,
        correlation_id="",
        causation_id="",
        traceparent="",
        body=b"\xff",
    )
    assert handle_event(query, subscription, unknown)
    with query.database.reading() as connection:
        assert versions_of(connection, first)["deposit"] == version + 1
