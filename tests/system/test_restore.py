"""A store that was restored from an older backup, alone: what is refused, what is found, what brings it right again.

The steps are those of docs/runbook.md, "Backup and restore".
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from hpf.query.v1 import query_service_pb2 as pb

from deploy.local import databases
from services.kit.calls import handle_event
from services.query.store.versions import OutOfOrder
from tests.system.city import City
from tests.system.deposit_city import employer_with
from tests.system.people import pay_in, remit
from tests.system.replaying import FAILED, QUERY, REBUILD, SWITCHED, VERIFY, replayed
from tests.system.test_query_replay import rows_of

_backups = count(1)

Restore = Callable[[], None]
VERIFIED, FAILED = pb.REPLAY_STATE_VERIFIED, FAILED


@pytest.fixture
def town(new_store: Callable[[str], str], tmp_path: Path) -> Iterator[City]:
    """A city with its read side, on databases of its own."""
    made = City(new_store, tmp_path, services=("collection", "deposit", "query"))
    yield made
    made.close()


@pytest.fixture
def back_up(town: City, superuser_url: str) -> Iterator[Callable[[str], Restore]]:
    """`restore = back_up("query")` keeps that store as it is now; `restore()` brings it back as it was then."""
    copies: list[str] = []

    def keep(service: str) -> Restore:
        runtime = town.runtimes[service]
        runtime.database.close()
        copies.append(f"hpf_test_backup_{time.time_ns()}_{next(_backups)}")
        databases.copy(superuser_url, runtime.database.url, copies[-1])
        place, _, _ = runtime.database.url.rpartition("/")

        def restore() -> None:
            old, new = town.runtimes[service], town.runtime_of(service, f"{place}/{copies[-1]}")
            old.database.close()
            town.runtimes[service] = new
            for queue in town.queues:
                if queue.consumer is old:
                    queue.consumer = new

        return restore

    yield keep
    town.close()
    databases.drop(superuser_url, copies)


def newest_version(town: City, employer_no: str) -> int:
    """Of what deposit has told about the employer."""
    told = [each for each in town.delivered if each.source == "deposit"]
    return max(each.version for each in told if each.subject == employer_no)


def test_read_tables_of_an_older_backup_refuse_what_follows_and_are_made_anew(
    town: City, back_up: Callable[[str], Restore]
) -> None:
    employer_no, _ = employer_with(town, "5000.00")
    pay_in(town, employer_no, 330_000)
    town.settle()
    restore = back_up("query")
    remit(town, employer_no, 201907)
    town.settle()
    restore()

    with pytest.raises(OutOfOrder):
        remit(town, employer_no, 201908)
    town.queues = [each for each in town.queues if each.consumer.app.name != "query"]
    town.settle()
    assert replayed(town, QUERY, REBUILD).state == SWITCHED

    assert list(replayed(town, QUERY, VERIFY).differences) == []
    rows = rows_of(town)
    # The dead letters are replayed afterwards, and change nothing any more.
    subscription = {each.source: each for each in town.runtimes["query"].app.subscriptions}
    for event in town.delivered:
        handle_event(town.runtimes["query"], subscription[event.source], event)
    assert rows_of(town) == rows


def test_an_owner_that_lost_its_newest_business_is_found_by_the_check(
    town: City, back_up: Callable[[str], Restore]
) -> None:
    employer_no, _ = employer_with(town, "5000.00")
    pay_in(town, employer_no, 330_000)
    remit(town, employer_no, 201907)
    town.settle()
    restore = back_up("deposit")
    remit(town, employer_no, 201908)
    town.settle()
    assert not (before := replayed(town, QUERY, VERIFY)).failure
    assert list(before.differences) == []

    restore()

    found = replayed(town, QUERY, VERIFY)
    version = newest_version(town, employer_no)
    assert (found.state, found.failure) == (VERIFIED, f"deposit {employer_no} {version}")
    # It must not be made to look right: the books would miss what employers have seen.
    refused = replayed(town, QUERY, REBUILD)
    assert (refused.state, refused.failure) == (FAILED, found.failure)
