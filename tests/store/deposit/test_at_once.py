"""Two of anything at the same moment, in real threads on a real database: exactly one wins."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from google.rpc import status_pb2
from hpf.collection.v1 import collection_events_pb2 as collection
from hpf.common.v1 import business_pb2
from hpf.deposit.v1 import deposit_events_pb2 as events
from hpf.deposit.v1 import deposit_service_pb2 as pb

from services.kit.calls import Reply
from services.kit.errors import reason_of
from tests.store.deposit.desk import Desk, agent_of, roster

THREADS = 4


def at_once(*works: Callable[[], object]) -> list[object]:
    """Run everything at the same moment; returns what each came to, errors too."""
    barrier = threading.Barrier(len(works))

    def run(work: Callable[[], object]) -> object:
        barrier.wait()
        return work()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def submit(desk: Desk, month: int) -> Callable[[], Reply]:
    return lambda: desk.ask(pb.SubmitRemittanceRequest(to_month=month), by=agent_of("e1"))


def registration_of(reply: Reply) -> str:
    return pb.SubmitRemittanceResponse.FromString(reply.body).business.registration_no


def test_of_remittances_at_once_one_is_accepted_and_the_others_may_try_again(desk: Desk) -> None:
    desk.open_employer("e1", "a1")
    desk.pay_in("e1", 100_000)

    replies = at_once(*[submit(desk, 201909)] * THREADS)

    assert [reply.code for reply in replies].count(0) == 1
    refused = [status_pb2.Status.FromString(reply.body) for reply in replies if reply.code]
    assert {reason_of(status) for status in refused} == {"EMPLOYER_BUSY"}
    assert len(desk.events(events.RemittanceRequested)) == 1


def test_of_two_remittances_with_money_for_one_exactly_one_posts(desk: Desk) -> None:
    """The second comes as soon as the first has let go, as a client that tries again does."""
    desk.open_employer("e1", "a1")
    desk.pay_in("e1", 10_000)
    states = []
    for month in (201907, 201908):
        (accepted,) = [r for r in at_once(submit(desk, month), submit(desk, month)) if not r.code]
        number = registration_of(accepted)
        answer = roster(number, month, a1=10_000)
        released = collection.RosterReleased(registration_no=number)
        hear = [lambda answer=answer: desk.hear(answer, employer_no="e1")] * THREADS
        at_once(*hear)
        at_once(*[lambda released=released: desk.hear(released, employer_no="e1")] * THREADS)
        found = desk.call(pb.FindBusinessRequest(registration_no=number), pb.FindBusinessResponse)
        states.append(found.business.state)

    assert states == [
        business_pb2.BUSINESS_STATE_POSTED,
        business_pb2.BUSINESS_STATE_REJECTED,
    ]
    assert len(desk.events(events.RemittancePosted)) == 1
    assert len(desk.events(business_pb2.BusinessFinished)) == 2
    checked = desk.check_books()
    assert checked.clean
    assert checked.ledger_lines == 1


def test_a_payment_reported_by_everybody_at_once_is_booked_once(desk: Desk) -> None:
    desk.open_employer("e1")

    def record() -> Reply:
        return desk.ask(
            pb.RecordBankPaymentRequest(
                employer_no="e1", bank_reference="r1", amount_fen=5, value_date="2019-09-20"
            )
        )

    replies = at_once(*[record] * THREADS)

    bodies = {
        pb.RecordBankPaymentResponse.FromString(each.body).business.registration_no
        for each in replies
    }
    assert len(bodies) == 1
    assert desk.check_books().journal_entries == 1


def test_a_payment_booked_anew_by_everybody_at_once_is_booked_once(desk: Desk) -> None:
    desk.open_employer("e1")

    def record(fen: int, replaces: str = "") -> Reply:
        return desk.ask(
            pb.RecordBankPaymentRequest(
                employer_no="e1",
                bank_reference="r1",
                amount_fen=fen,
                value_date="2019-09-20",
                replaces_registration_no=replaces,
            )
        )

    old = pb.RecordBankPaymentResponse.FromString(record(5).body).business.registration_no
    desk.call(
        pb.ReverseBusinessRequest(registration_no=old, reason="误操作"), pb.ReverseBusinessResponse
    )

    replies = at_once(*[lambda: record(7, old)] * THREADS, *[lambda: record(8, old)] * THREADS)

    assert [reply.code for reply in replies].count(0) == THREADS
    refused = [status_pb2.Status.FromString(reply.body) for reply in replies if reply.code]
    assert {reason_of(status) for status in refused} == {"BANK_REFERENCE_REUSED"}
    checked = desk.check_books()
    assert checked.clean
    # Booked, taken back, booked anew.
    assert checked.journal_entries == 3


def test_a_waiting_payment_is_allocated_to_one_employer(desk: Desk) -> None:
    desk.open_employer("e1")
    desk.open_employer("e2")
    with desk.runtime.database.transaction() as connection:
        connection.exec_driver_sql(
            "INSERT INTO bank_payment VALUES ('r1', 'x', 5, '2019-09-20', 'p', 'n1', '2019-09-20');"
            "INSERT INTO unallocated_payment VALUES ('r1', 5, 'x', '2019-09-20')"
        )

    def allocate(employer_no: str) -> Callable[[], Reply]:
        request = pb.AllocatePaymentRequest(bank_reference="r1", employer_no=employer_no)
        return lambda: desk.ask(request)

    replies = at_once(allocate("e1"), allocate("e2"))

    assert [reply.code for reply in replies].count(0) == 1


def test_transfers_in_both_directions_do_not_wait_in_a_circle(desk: Desk) -> None:
    desk.open_employer("e1", *[f"a{n}" for n in range(THREADS)])
    desk.open_employer("e2", *[f"b{n}" for n in range(THREADS)])

    def transfer(source: str, target: str, account_no: str) -> Callable[[], None]:
        request = collection.TransferRequested(
            registration_no=f"t-{account_no}",
            target_employer_no=target,
            account_nos=[account_no],
            business_date="2019-09-20",
        )
        return lambda: desk.hear(request, employer_no=source)

    at_once(
        *[transfer("e1", "e2", f"a{n}") for n in range(THREADS)],
        *[transfer("e2", "e1", f"b{n}") for n in range(THREADS)],
    )

    settled = desk.events(events.TransferSettled)
    assert [each.posted for each in settled] == [True] * 2 * THREADS
    assert desk.check_books().clean
