"""A business that was taken back: its receipt and voucher are marked from then on, on every later print."""

from __future__ import annotations

from hpf.receipt.v1 import receipt_service_pb2 as pb

from services.kit import job_worker
from services.kit.app import Runtime
from services.receipt.domain import RENDER
from services.receipt.prints import Press
from tests.store import stories
from tests.store.receipt.printing import download, downloaded, get, render_all, text_of
from tests.store.stage import Stage, event_of, new_employer_no

MARK = "已冲正"


def remitted(receipt: Stage) -> tuple[str, str]:
    employer_no = new_employer_no()
    message = stories.remitted(employer_no)
    receipt.tell_one(event_of("deposit", employer_no, 1, message))
    return employer_no, message.header.registration_no


def take_back(receipt: Stage, employer_no: str, registration_no: str) -> str:
    message = stories.reversed_business(employer_no, registration_no)
    receipt.tell_one(event_of("deposit", employer_no, 2, message))
    return message.header.registration_no


def test_later_prints_are_marked_and_earlier_ones_stay(receipt: Stage, press: Press) -> None:
    names = remitted(receipt)
    render_all(receipt, press)
    _, before = downloaded(receipt, press, *names, request_id="request-1")
    reversal_no = take_back(receipt, *names)
    render_all(receipt, press)
    after, marked = downloaded(receipt, press, *names, request_id="request-2")
    assert MARK not in text_of(before)
    assert MARK in text_of(marked)
    assert after.reversed_by == reversal_no
    assert download(receipt, *names, request_id="request-1").code == 0


def test_print_made_and_not_given_out_is_made_again(receipt: Stage, press: Press) -> None:
    names = remitted(receipt)
    render_all(receipt, press)
    take_back(receipt, *names)
    assert get(receipt, *names).state == pb.RECEIPT_STATE_PENDING
    render_all(receipt, press)
    _, pdf = downloaded(receipt, press, *names, request_id="request-1")
    assert MARK in text_of(pdf)


def test_print_that_was_being_made_meanwhile_is_not_kept(receipt: Stage, press: Press) -> None:
    names = remitted(receipt)

    def make_and_take_back(runtime: Runtime, job: job_worker.Job) -> job_worker.Record:
        record = press.make_print(runtime, job)
        if job.attempt == 1 and not get(receipt, *names).reversed_by:
            take_back(receipt, *names)
        return record

    late = job_worker.JobKind(make_and_take_back, press.kind().gave_up)
    assert job_worker.run_one(receipt.runtime, {RENDER: late})
    assert get(receipt, *names).state == pb.RECEIPT_STATE_PENDING
    render_all(receipt, press)
    _, pdf = downloaded(receipt, press, *names, request_id="request-1")
    assert MARK in text_of(pdf)


def test_reversal_has_a_receipt_of_its_own(receipt: Stage, press: Press) -> None:
    employer_no, registration_no = remitted(receipt)
    reversal_no = take_back(receipt, employer_no, registration_no)
    render_all(receipt, press)
    _, pdf = downloaded(receipt, press, employer_no, reversal_no, request_id="request-1")
    shown = "".join(text_of(pdf).split())
    assert "冲正业务回单" in shown
    assert f"被冲正登记号{registration_no}" in shown
    assert MARK not in shown


def test_reversal_may_be_known_before_the_business(receipt: Stage, press: Press) -> None:
    employer_no = new_employer_no()
    remittance = stories.remitted(employer_no)
    take_back(receipt, employer_no, remittance.header.registration_no)
    receipt.tell_one(event_of("deposit", employer_no, 1, remittance))
    render_all(receipt, press)
    names = employer_no, remittance.header.registration_no
    _, pdf = downloaded(receipt, press, *names, request_id="request-1")
    assert MARK in text_of(pdf)
