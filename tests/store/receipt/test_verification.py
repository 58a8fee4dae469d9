"""Anyone may ask whether the centre issued a document; nobody learns more than masked facts."""

from __future__ import annotations

import pytest
from hpf.receipt.v1 import receipt_service_pb2 as pb

from services.kit.app import Principal
from services.receipt.handlers.verification import CONTENT_BYTES_MAX
from services.receipt.prints import Press
from tests.store import stories
from tests.store.receipt.printing import downloaded, render_all
from tests.store.stage import Stage, event_of, new_employer_no

ANYONE = Principal(kind="public", address="192.0.2.1")


@pytest.fixture
def given(receipt: Stage, press: Press) -> tuple[pb.Receipt, bytes]:
    """The first print of a remittance's receipt, 2200.00."""
    employer_no = new_employer_no()
    message = stories.remitted(employer_no, people=2)
    receipt.tell_one(event_of("deposit", employer_no, 1, message))
    render_all(receipt, press)
    names = employer_no, message.header.registration_no
    return downloaded(receipt, press, *names, request_id="request-1")


def verify(receipt: Stage, **proof: str | bytes) -> pb.VerifyDocumentResponse:
    request = pb.VerifyDocumentRequest(**proof)
    return receipt.ask(request, pb.VerifyDocumentResponse, by=ANYONE)


def test_file_as_it_was_given_out_is_genuine(
    receipt: Stage, given: tuple[pb.Receipt, bytes]
) -> None:
    document, pdf = given
    reply = verify(receipt, content=pdf)
    assert reply.verdict == pb.VERDICT_GENUINE
    assert (reply.document.print_no, reply.document.print_count) == (1, 1)
    assert reply.document.title == "张家口市住房公积金汇缴业务回单"
    assert reply.document.employer_name == "张家****公司"
    assert reply.document.registration_no == "****" + document.registration_no[-4:]
    assert reply.document.business_date == "2019-09-20"
    assert [(each.label, each.value) for each in reply.document.totals] == [
        ("汇缴金额合计", "2,200.00")
    ]


def test_one_flipped_bit_anywhere_is_an_alteration(
    receipt: Stage, given: tuple[pb.Receipt, bytes]
) -> None:
    _, pdf = given
    places = [*range(20, len(pdf), 997), pdf.index(b"code:"), pdf.rindex(b"code:") + 8]
    for place in places:
        changed = bytearray(pdf)
        changed[place] ^= 1
        verdict = verify(receipt, content=bytes(changed)).verdict
        assert verdict == pb.VERDICT_ALTERED, f"byte {place}"


def test_something_appended_is_an_alteration(
    receipt: Stage, given: tuple[pb.Receipt, bytes]
) -> None:
    assert verify(receipt, content=given[1] + b"\n% more").verdict == pb.VERDICT_ALTERED


def test_file_of_somebody_else_is_unknown(receipt: Stage) -> None:
    reply = verify(receipt, content=b"%PDF-1.7 (code:7K2M9QXA4T6P0111)")
    assert reply == pb.VerifyDocumentResponse(verdict=pb.VERDICT_UNKNOWN)


def test_code_is_found_however_it_is_typed(receipt: Stage, given: tuple[pb.Receipt, bytes]) -> None:
    code = given[0].verification_code
    typed = f" {code[:4]}-{code[4:8]} {code[8:]} ".lower()
    reply = verify(receipt, verification_code=typed)
    assert reply.verdict == pb.VERDICT_GENUINE
    assert reply.document.title == "张家口市住房公积金汇缴业务回单"
    assert reply.document.print_no == 0


def test_code_that_was_never_given_is_unknown(receipt: Stage) -> None:
    reply = verify(receipt, verification_code="0000000000000000")
    assert reply == pb.VerifyDocumentResponse(verdict=pb.VERDICT_UNKNOWN)


def test_answer_has_no_number_and_no_name_in_full(
    receipt: Stage, given: tuple[pb.Receipt, bytes]
) -> None:
    document, pdf = given
    for reply in (
        verify(receipt, content=pdf),
        verify(receipt, content=pdf + b" "),
        verify(receipt, verification_code=document.verification_code),
    ):
        told = str(reply)
        for secret in (document.registration_no, "张家口试验有限公司", "李经办"):
            assert secret not in told


def test_reversed_business_is_said_to_be(receipt: Stage, given: tuple[pb.Receipt, bytes]) -> None:
    document, pdf = given
    assert not verify(receipt, content=pdf).document.reversed
    employer_no = document.registration_no[1:-1]
    reversal = stories.reversed_business(employer_no, document.registration_no)
    receipt.tell_one(event_of("deposit", employer_no, 2, reversal))
    reply = verify(receipt, content=pdf)
    assert (reply.verdict, reply.document.reversed) == (pb.VERDICT_GENUINE, True)


def test_voucher_that_nobody_asked_for_is_unknown(
    receipt: Stage, given: tuple[pb.Receipt, bytes]
) -> None:
    from services.receipt.wire import code_of

    code = code_of(f"PZ{given[0].registration_no}", vault=receipt.runtime.vault)
    assert verify(receipt, verification_code=code).verdict == pb.VERDICT_UNKNOWN


def test_neither_code_nor_file_is_refused(receipt: Stage) -> None:
    for request in (
        pb.VerifyDocumentRequest(),
        pb.VerifyDocumentRequest(verification_code=" - "),
        pb.VerifyDocumentRequest(content=b""),
    ):
        assert receipt.refusal(request, by=ANYONE) == "FIELD_INVALID"


def test_file_above_the_limit_is_refused(receipt: Stage) -> None:
    request = pb.VerifyDocumentRequest(content=bytes(CONTENT_BYTES_MAX + 1))
    assert receipt.refusal(request, by=ANYONE) == "FILE_TOO_LARGE"
