"""The counter: the staff hand out any employer's documents, each counted and noted as taken by whom."""

from __future__ import annotations

import hashlib

from hpf.receipt.v1 import receipt_service_pb2 as pb
from sqlalchemy import text

from services.kit.app import Principal
from services.receipt.prints import Press
from tests.store import stories
from tests.store.receipt.printing import downloaded, render_all, text_of
from tests.store.stage import STAFF, Stage, agent_of, event_of, new_employer_no, refusal_of

COLLEAGUE = Principal(kind="staff", name="colleague")


def remitted(receipt: Stage) -> tuple[str, str]:
    """An employer that has remitted; returns it and the registration number."""
    employer_no = new_employer_no()
    message = stories.remitted(employer_no, people=2)
    receipt.tell_one(event_of("deposit", employer_no, 2, message))
    return employer_no, message.header.registration_no


def request_for(number: str) -> pb.HandOutReceiptRequest:
    return pb.HandOutReceiptRequest(request_id=f"request-{number}", registration_no=number)


def hand_out(receipt: Stage, number: str) -> pb.Receipt:
    return receipt.ask(request_for(number), pb.HandOutReceiptResponse, by=STAFF).receipt


def refused(receipt: Stage, number: str, *, by: Principal = STAFF) -> str:
    return refusal_of(receipt.reply(request_for(number), by=by))


def print_of(document_no: str, print_no: int) -> pb.ReadPrintRequest:
    return pb.ReadPrintRequest(document_no=document_no, print_no=print_no)


def test_staff_hand_out_any_employers_receipt_and_it_counts(receipt: Stage, press: Press) -> None:
    employer_no, number = remitted(receipt)
    assert refused(receipt, number) == "NOT_READY_YET"
    render_all(receipt, press)

    given = hand_out(receipt, number)
    pdf = receipt.ask(print_of(number, 1), pb.ReadPrintResponse, by=STAFF).content

    assert (given.print_count, given.document_no) == (1, number)
    assert given.sha256 == hashlib.sha256(pdf).hexdigest()
    assert "2,200.00" in text_of(pdf)
    assert hand_out(receipt, number).print_count == 1  # the same request is the same print
    with receipt.runtime.database.reading() as connection:
        taken = connection.execute(
            text("SELECT given_to FROM receipt_print WHERE document_no = :no"), {"no": number}
        ).scalars()
        assert taken.all() == ["staff:tester"]
    own, _ = downloaded(receipt, press, employer_no, number, request_id="request-2")
    assert own.print_count == 2


def test_only_who_was_given_a_print_reads_it(receipt: Stage, press: Press) -> None:
    employer_no, number = remitted(receipt)
    render_all(receipt, press)
    assert refusal_of(receipt.reply(print_of(number, 1), by=STAFF)) == "RECEIPT_UNKNOWN"
    hand_out(receipt, number)
    downloaded(receipt, press, employer_no, number, request_id="request-2")

    assert receipt.ask(print_of(number, 1), pb.ReadPrintResponse, by=STAFF).content
    assert refusal_of(receipt.reply(print_of(number, 1), by=COLLEAGUE)) == "RECEIPT_UNKNOWN"
    assert refusal_of(receipt.reply(print_of(number, 2), by=STAFF)) == "RECEIPT_UNKNOWN"


def test_an_employer_is_not_at_the_counter(receipt: Stage, press: Press) -> None:
    employer_no, number = remitted(receipt)
    render_all(receipt, press)
    agent = agent_of(employer_no)

    assert refused(receipt, number, by=agent) == "NOT_ALLOWED"
    assert refusal_of(receipt.reply(print_of(number, 1), by=agent)) == "NOT_ALLOWED"
    listed = pb.ListEmployerReceiptsRequest(employer_no=employer_no)
    assert refusal_of(receipt.reply(listed, by=agent)) == "NOT_ALLOWED"


def test_the_list_has_the_asked_employers_documents_only(receipt: Stage) -> None:
    (employer_no, number), _ = remitted(receipt), remitted(receipt)
    request = pb.ListEmployerReceiptsRequest(employer_no=employer_no)

    reply = receipt.ask(request, pb.ListEmployerReceiptsResponse, by=STAFF)

    assert [each.document_no for each in reply.receipts] == [number]


def test_a_number_that_names_nothing_is_told(receipt: Stage) -> None:
    _, number = remitted(receipt)
    assert refused(receipt, "no-such-number") == "RECEIPT_UNKNOWN"
    # A voucher that nobody has asked for is not there.
    assert refused(receipt, f"PZ{number}") == "RECEIPT_UNKNOWN"
