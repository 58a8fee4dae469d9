"""未分摊来款: payments for an employer that is not there wait for staff, who book them to the right one."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from hpf.deposit.v1 import deposit_service_pb2 as pb

from services.deposit.domain import chart
from services.deposit.domain.bank_spelling import narrow
from services.deposit.errors import EMPLOYER_CLOSED, EMPLOYER_UNKNOWN, PAYMENT_NOT_UNALLOCATED
from services.deposit.handlers.bank_payment import book_to_employer, reference_of
from services.deposit.handlers.posting import new_registration
from services.deposit.store import bank, funds
from services.deposit.store.bank import Unallocated
from services.kit.app import Call
from services.kit.errors import DomainError
from services.kit.pages import Page, open_page


def list_unallocated_payments(
    call: Call, request: pb.ListUnallocatedPaymentsRequest
) -> pb.ListUnallocatedPaymentsResponse:
    """Payments that wait, oldest first. Raises PAGE_TOKEN_INVALID."""
    page = open_page(
        call.vault,
        scope=("ListUnallocatedPayments",),
        size=request.page_size,
        token=request.page_token,
    )
    found = bank.page_of_unallocated(call.connection, after=_after(page), limit=page.fetch)
    shown, token = page.cut(
        found, lambda each: (each.since.isoformat(), each.payment.bank_reference)
    )
    return pb.ListUnallocatedPaymentsResponse(
        payments=[_message(each) for each in shown],
        next_page_token=token,
        total_fen=bank.unallocated_total_fen(call.connection),
    )


def allocate_payment(call: Call, request: pb.AllocatePaymentRequest) -> pb.AllocatePaymentResponse:
    """Book a payment that waits to its employer.

    Raises EMPLOYER_UNKNOWN, EMPLOYER_CLOSED, FIELD_REQUIRED, BANK_REFERENCE_INVALID, PAYMENT_NOT_UNALLOCATED (also when somebody else was faster).
    """
    employer = funds.lock_employer(call.connection, narrow(request.employer_no))
    if employer is None:
        raise DomainError(EMPLOYER_UNKNOWN)
    if employer.closed:
        raise DomainError(EMPLOYER_CLOSED)
    reference = reference_of(request.bank_reference)
    if not bank.take_unallocated(call.connection, reference):
        raise DomainError(PAYMENT_NOT_UNALLOCATED)
    payment = bank.load_bank_payment(call.connection, reference)
    assert payment is not None
    registration_no, day = new_registration(call)
    bank.add_allocation(call.connection, reference, registration_no=registration_no)
    allocated = replace(
        payment,
        employer_no=employer.employer_no,
        registration_no=registration_no,
        booked_on=day,
        replaces_registration_no="",
    )
    business = book_to_employer(call, allocated, chart.allocation)
    return pb.AllocatePaymentResponse(business=business)


def _after(page: Page) -> tuple[date, str] | None:
    if page.after is None:
        return None
    since, bank_reference = page.after
    return date.fromisoformat(str(since)), str(bank_reference)


def _message(each: Unallocated) -> pb.UnallocatedPayment:
    return pb.UnallocatedPayment(
        bank_reference=each.payment.bank_reference,
        stated_employer_no=each.payment.employer_no,
        amount_fen=each.payment.amount_fen,
        value_date=each.payment.value_date.isoformat(),
        payer_name=each.payment.payer_name,
        reason=each.reason,
        since=each.since.isoformat(),
        registration_no=each.payment.registration_no,
    )
