"""The outbox under many writers: versions without gaps, each employer's events in order, nothing lost in a replay."""

from __future__ import annotations

import random
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from select import select

import pytest
from hpf.deposit.v1 import deposit_events_pb2 as events
from sqlalchemy import text

from services.kit import outbox
from services.kit.db import Database
from services.kit.events import Event
from services.kit.tables import create_kit_tables
from tests.store.kit.conftest import NOW

WRITERS = 8
WRITES_EACH = 40
EMPLOYERS = ("A", "B", "C")
# How long a neighbour on the server may hold the end of a log back.
PATIENCE_S = 20.0


@pytest.fixture
def database(new_database: Callable[[], str]) -> Iterator[Database]:
    """An empty log of this test's own."""
    made = Database(new_database(), pool_size=WRITERS + 2)
    with made.transaction() as connection:
        create_kit_tables(connection)
    yield made
    made.close()


def append(
    database: Database, employer_no: str, *, hold_s: float = 0.0, fails: bool = False
) -> int:
    """One event in a transaction that stays open for `hold_s` seconds after it, and may then fail."""
    with database.transaction() as connection:
        version = outbox.append(
            connection,
            events.RemittanceRequested(registration_no=employer_no),
            subject=employer_no,
            now=NOW,
        )
        time.sleep(hold_s)
        if fails:
            raise InterruptedError
    return version


def write_at_random(database: Database, seed: int) -> int:
    """Many transactions of random length, every fifth of which fails; returns how many did not."""
    chance = random.Random(seed)
    kept = 0
    for _ in range(WRITES_EACH):
        fails = chance.random() < 0.2
        try:
            append(
                database,
                chance.choice(EMPLOYERS),
                hold_s=chance.uniform(0, 0.003),
                fails=fails,
            )
        except InterruptedError:
            continue
        kept += 1
    return kept


def rows_written(database: Database) -> int:
    with database.transaction() as connection:
        return int(connection.execute(text("SELECT count(*) FROM outbox")).scalar_one())


def log_now(database: Database) -> list[Event]:
    """What can be replayed at this moment."""
    with database.transaction() as connection:
        return outbox.read_log(connection, "toy", after=(0, 0), limit=10_000)[0]


def whole_log(database: Database) -> list[Event]:
    """Everything written; a transaction of any neighbour on the server holds the log's end back for a while."""
    ends_at = time.monotonic() + PATIENCE_S
    while True:
        log = log_now(database)
        if len(log) == rows_written(database) or time.monotonic() > ends_at:
            return log
        time.sleep(0.05)


def versions_by_subject(log: list[Event]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for event in log:
        found[event.subject].append(event.version)
    return dict(found)


def test_versions_count_each_employers_events(database: Database) -> None:
    assert [append(database, each) for each in ("A", "B", "A", "A", "B")] == [1, 1, 2, 3, 2]
    with database.reading() as connection:
        assert outbox.version_of(connection, "A") == 3
        assert outbox.version_of(connection, "never heard of") == 0


def test_versions_have_no_gap_under_many_writers_of_which_some_fail(database: Database) -> None:
    with ThreadPoolExecutor(WRITERS) as threads:
        kept = sum(threads.map(lambda seed: write_at_random(database, seed), range(WRITERS)))
    log = whole_log(database)
    assert 0 < kept < WRITERS * WRITES_EACH
    assert len(log) == kept
    for versions in versions_by_subject(log).values():
        assert sorted(versions) == list(range(1, len(versions) + 1))


def test_replay_beside_many_writers_loses_nothing_and_repeats_nothing(database: Database) -> None:
    ended = threading.Event()

    def follow() -> list[Event]:
        read: list[Event] = []
        cursor = (0, 0)
        ends_at = time.monotonic() + PATIENCE_S
        while True:
            with database.transaction() as connection:
                batch, cursor = outbox.read_log(connection, "toy", after=cursor, limit=7)
            read += batch
            is_whole = ended.is_set() and len(read) >= rows_written(database)
            if not batch and (is_whole or time.monotonic() > ends_at):
                return read

    with ThreadPoolExecutor(WRITERS + 1) as threads:
        reader = threads.submit(follow)
        kept = sum(threads.map(lambda seed: write_at_random(database, seed), range(WRITERS)))
        ended.set()
        read = reader.result()
    assert len(read) == kept
    assert len({event.event_id for event in read}) == kept


def test_replay_waits_for_a_transaction_that_began_earlier_and_is_still_open(
    database: Database,
) -> None:
    began, may_end = threading.Event(), threading.Event()

    def slow_writer() -> None:
        with database.transaction() as connection:
            message = events.RemittanceRequested()
            outbox.append(connection, message, subject="A", now=NOW)
            began.set()
            may_end.wait(5)

    with ThreadPoolExecutor(1) as threads:
        writing = threads.submit(slow_writer)
        assert began.wait(5)
        append(database, "B")
        assert log_now(database) == []
        may_end.set()
        writing.result()
    assert [event.subject for event in whole_log(database)] == ["A", "B"]


def test_the_relay_takes_each_employers_events_in_order(database: Database) -> None:
    ended = threading.Event()

    def relay() -> list[Event]:
        taken: list[Event] = []
        while True:
            writers_are_done = ended.is_set()
            with database.transaction() as connection:
                batch = outbox.unpublished(connection, "toy", limit=5)
                outbox.mark_published(connection, [position for position, _ in batch], now=NOW)
            taken += [event for _, event in batch]
            if not batch and writers_are_done:
                return taken

    with ThreadPoolExecutor(WRITERS + 1) as threads:
        relaying = threads.submit(relay)
        kept = sum(threads.map(lambda seed: write_at_random(database, seed), range(WRITERS)))
        ended.set()
        taken = relaying.result()
    assert len(taken) == kept
    for versions in versions_by_subject(taken).values():
        assert versions == list(range(1, len(versions) + 1))


def test_what_is_published_stays_in_the_log(database: Database) -> None:
    append(database, "A")
    with database.transaction() as connection:
        ((position, event),) = outbox.unpublished(connection, "toy", limit=5)
        outbox.mark_published(connection, [position], now=NOW)
        assert outbox.unpublished(connection, "toy", limit=5) == []
    assert whole_log(database) == [event]


def test_an_event_is_read_back_as_it_was_written(database: Database) -> None:
    message = events.RemittanceRequested(registration_no="R1", to_month=201909)
    with database.transaction() as connection:
        outbox.append(
            connection,
            message,
            subject="A",
            now=NOW,
            correlation_id="c",
            causation_id="e",
            traceparent="t",
        )
    (event,) = whole_log(database)
    assert event.message() == message
    assert (event.source, event.subject, event.version) == ("toy", "A", 1)
    assert event.occurred_at == NOW
    assert (event.correlation_id, event.causation_id, event.traceparent) == ("c", "e", "t")


def test_a_commit_rings_the_bell_and_a_failure_does_not(database: Database) -> None:
    with database.engine.connect() as listening:
        raw = listening.connection.driver_connection
        listening.execute(text(f"LISTEN {outbox.CHANNEL}"))
        listening.commit()
        with pytest.raises(InterruptedError):
            append(database, "A", fails=True)
        raw.poll()
        assert raw.notifies == []
        append(database, "A")
        # The server tells the committer before the listener: wait for the bell to arrive.
        assert select([raw], [], [], 5) != ([], [], [])
        raw.poll()
        assert [each.channel for each in raw.notifies] == [outbox.CHANNEL]
