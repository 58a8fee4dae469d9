"""Receipt's register and index made anew from the owners' logs: what events tell comes back, what was issued stays."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from hpf.common.v1 import event_log_pb2
from hpf.receipt.v1 import receipt_service_pb2 as pb
from sqlalchemy import Connection, delete, func, insert, select, update

from services.kit.jobs import job
from services.kit.replays import following
from services.receipt.domain import Paper, Print
from services.receipt.models import (
    account,
    employer,
    heard_version,
    receipt,
    receipt_print,
    reversed_business,
)
from services.receipt.store import documents
from tests.system.city import City, Refused
from tests.system.deposit_city import reverse
from tests.system.people import agent_of, pay_in, remit
from tests.system.read_side import check_read_side, story_of
from tests.system.replaying import (
    REBUILD,
    RECEIPT,
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

TABLES = (heard_version, employer, account, reversed_business, receipt, receipt_print)
Rows = dict[str, list[tuple[object, ...]]]


@pytest.fixture
def town(new_store: Callable[[str], str], tmp_path: Path) -> Iterator[City]:
    """A city with its papers, on databases of its own."""
    made = City(new_store, tmp_path, services=("collection", "deposit", "receipt"))
    yield made
    check_read_side(made, story_of(made))
    made.close()


def live_with_a_reversal(town: City) -> str:
    """A scenario that fills every table; the registration number of a remittance that was taken back."""
    (_, second) = live(town)
    pay_in(town, second, 5_000_000)
    taken_back = remit(town, second, 201909).registration_no
    reverse(town, taken_back)
    with changing(town) as connection:
        # One print of each receipt, the first of them given out.
        for number in numbers(connection):
            made = documents.RenderedPrint(Print(number, 1), f"receipts/{number}", number, 1, 1)
            documents.put_print(connection, made, now=town.clock.now())
        documents.give_print(connection, Print(taken_back, 1), to="agent", now=town.clock.now())
    return taken_back


def changing(town: City) -> AbstractContextManager[Connection]:
    return town.runtimes["receipt"].database.transaction()


def numbers(connection: Connection) -> list[str]:
    """Of the receipts."""
    asked = select(receipt.c.document_no).where(receipt.c.paper == Paper.RECEIPT)
    return list(connection.execute(asked.order_by(receipt.c.document_no)).scalars())


def rows_of(town: City) -> Rows:
    """Every row of receipt's tables."""
    found: Rows = {}
    with town.runtimes["receipt"].database.reading() as connection:
        for table in TABLES:
            found[table.name] = [
                tuple(bytes(v) if isinstance(v, memoryview) else v for v in row)
                for row in connection.execute(select(table).order_by(*table.primary_key))
            ]
    return found


def differing(town: City) -> dict[str, tuple[int, int]]:
    found = replayed(town, RECEIPT, VERIFY)
    return {each.table: (each.only_running, each.only_replayed) for each in found.differences}


def test_rebuilt_register_and_index_equal_the_running_ones_and_prints_stay(town: City) -> None:
    live_with_a_reversal(town)
    before = rows_of(town)
    assert all(before.values())
    assert differing(town) == {}

    rebuilt = replayed(town, RECEIPT, REBUILD)

    assert rebuilt.state == SWITCHED
    assert all(each.position == each.last_position > 0 for each in rebuilt.owners)
    assert rows_of(town) == before


def test_damaged_register_and_index_are_found_and_mended(town: City) -> None:
    taken_back = live_with_a_reversal(town)
    before = rows_of(town)
    with changing(town) as connection:
        connection.execute(update(account).values(name="别人"))
        connection.execute(delete(employer))
        # Another employer's receipt is the worst that an index can show.
        connection.execute(
            update(receipt)
            .where(receipt.c.document_no == taken_back)
            .values(employer_no="130700999995")
        )

    found = differing(town)
    assert found["account"] == (3, 3)
    assert found["employer"] == (0, 2)
    # The receipt, and the voucher of the same business.
    assert found["receipt"] == (0, 2)

    assert replayed(town, RECEIPT, REBUILD).state == SWITCHED
    assert rows_of(town) == before
    assert differing(town) == {}


def test_a_lost_document_is_made_again_with_its_number_and_code(town: City) -> None:
    live_with_a_reversal(town)
    with town.runtimes["receipt"].database.reading() as connection:
        lost = numbers(connection)[0]
    before = rows_of(town)["receipt"]
    with changing(town) as connection:
        connection.execute(delete(receipt_print).where(receipt_print.c.document_no == lost))
        connection.execute(delete(receipt).where(receipt.c.document_no == lost))
        connection.execute(delete(job))
    assert differing(town) == {"receipt": (0, 1)}

    replayed(town, RECEIPT, REBUILD)

    told = [receipt.c.document_no, receipt.c.employer_no, receipt.c.verification_index]
    places = [list(receipt.c).index(each) for each in told]
    after = rows_of(town)["receipt"]
    assert [[row[i] for i in places] for row in after] == [[r[i] for i in places] for r in before]
    with town.runtimes["receipt"].database.reading() as connection:
        assert list(connection.execute(select(job.c.key)).scalars()) == [f"{lost}/1"]


def test_a_document_that_no_log_tells_of_is_named_and_never_removed(town: City) -> None:
    live_with_a_reversal(town)
    with changing(town) as connection:
        row = dict(connection.execute(select(receipt).limit(1)).mappings().one())
        stray = {"document_no": "2019092099999999", "registration_no": "2019092099999999"}
        connection.execute(
            insert(receipt).values(
                {**row, **stray, "paper": Paper.RECEIPT, "verification_index": b"x"}
            )
        )
        certificate = {"document_no": "ZM2019092000000017", "paper": Paper.CERTIFICATE}
        connection.execute(
            insert(receipt).values({**row, **certificate, "verification_index": b"y"})
        )
    before = rows_of(town)
    assert differing(town) == {"receipt": (1, 0)}
    replayed(town, RECEIPT, REBUILD)
    assert rows_of(town) == before
    with changing(town) as connection:
        connection.execute(delete(receipt).where(receipt.c.document_no == stray["document_no"]))


def test_a_reversal_that_was_missed_marks_the_prints_not_given_out(town: City) -> None:
    taken_back = live_with_a_reversal(town)
    voucher = f"PZ{taken_back}"
    with changing(town) as connection:
        connection.execute(delete(reversed_business))
        connection.execute(delete(job))
    assert differing(town)["reversed_business"][0] == 0

    replayed(town, RECEIPT, REBUILD)

    with town.runtimes["receipt"].database.reading() as connection:
        assert documents.existing(connection, taken_back).reversed_by
        assert not documents.existing(connection, voucher).print_count
        # The first was given out and stays; the next is made with its mark.
        assert list(connection.execute(select(job.c.key)).scalars()) == [f"{taken_back}/2"]
        kept = select(func.count()).where(receipt_print.c.document_no == taken_back)
        assert connection.execute(kept).scalar_one() == 1


def test_business_goes_on_while_the_register_is_rebuilt(town: City) -> None:
    (first, _) = live(town)
    read = read_log(town)
    start(town, RECEIPT, REBUILD)

    def read_while_working(
        owner: str, request: event_log_pb2.ReadEventsRequest
    ) -> event_log_pb2.ReadEventsResponse:
        reply = read(owner, request)
        pay_in(town, first, 100)
        town.settle()
        return reply

    following.work_with(town.runtimes["receipt"], RECEIPT.copies, read_while_working)
    assert newest(town, RECEIPT).state == RUNNING
    assert ended(town, RECEIPT, read).state == SWITCHED
    pay_in(town, first, 100)
    town.settle()
    assert differing(town) == {}


def test_rebuild_killed_at_any_commit_and_a_log_in_any_order_give_the_same(town: City) -> None:
    live_with_a_reversal(town)
    before = rows_of(town)
    read = read_log(town)

    def shuffled(
        owner: str, request: event_log_pb2.ReadEventsRequest
    ) -> event_log_pb2.ReadEventsResponse:
        reply = read(owner, request)
        events = list(reply.events)
        random.Random(3).shuffle(events)
        del reply.events[:]
        reply.events.extend(events)
        return reply

    start(town, RECEIPT, REBUILD)
    town.faults.random = random.Random(7)
    town.faults.dies_before_commit = town.faults.dies_after_commit = 0.3
    ended(town, RECEIPT, shuffled)
    town.faults.dies_before_commit = town.faults.dies_after_commit = 0.0
    assert rows_of(town) == before


def test_an_agent_may_not_rebuild_receipts(town: City) -> None:
    request = pb.StartReplayRequest(purpose=REBUILD)
    with pytest.raises(Refused) as refused:
        town.call("receipt", request, pb.StartReplayResponse, by=agent_of("130700000017"))
    assert refused.value.reason == "NOT_ALLOWED"
