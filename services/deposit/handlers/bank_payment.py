"""Money coming in: the bank reports a payment into an employer's suspense, once for each bank reference.

A payment for an employer that is not there is not refused, for the money is at the bank: it waits unallocated. What was
taken back is booked again only when staff say so, as a new booking that names the old one (docs/bank.md).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

from hpf.common.v1 import business_pb2
from hpf.deposit.v1 import deposit_events_pb2, deposit_service_pb2

from services.deposit import wire
from services.deposit.domain import chart, value_date
from services.deposit.domain.bank_spelling import narrow, spelled
from services.deposit.domain.codes import SUMMARY_BANK_PAYMENT
from services.deposit.errors import (
    AMOUNT_INVALID,
    BANK_REFERENCE_INVALID,
    BANK_REFERENCE_REUSED,
    EMPLOYER_CLOSED,
    EMPLOYER_UNKNOWN,
    PAYMENT_STANDS,
)
from services.deposit.handlers.posting import keep_posted, new_business, new_registration
from services.deposit.store import bank, businesses, funds, journal
from services.deposit.store.bank import BankPayment
from services.kit.app import Call
from services.kit.days import day_of
from services.kit.errors import (
    FIELD_INVALID,
    FIELD_REQUIRED,
    DomainError,
    FieldError,
    Reason,
    fact,
)
from services.kit.events import Poison
from services.kit.money import FEN_MAX

log = logging.getLogger(__name__)

_KIND = business_pb2.BUSINESS_KIND_BANK_PAYMENT

_Reported = deposit_service_pb2.RecordBankPaymentRequest | deposit_events_pb2.BankPaymentReported


def record_bank_payment(
    call: Call, request: deposit_service_pb2.RecordBankPaymentRequest
) -> deposit_service_pb2.RecordBankPaymentResponse:
    """Staff record a payment, or book one anew that was taken back. Raises EMPLOYER_UNKNOWN, EMPLOYER_CLOSED,
    AMOUNT_INVALID, DATE_INVALID, VALUE_DATE_OUTSIDE, FIELD_REQUIRED, FIELD_INVALID, BANK_REFERENCE_INVALID,
    BANK_REFERENCE_REUSED, PAYMENT_STANDS."""
    payment = _payment(call, request)
    payment = replace(payment, replaces_registration_no=narrow(request.replaces_registration_no))
    obstacle = _obstacle(call, payment.employer_no)
    if obstacle is not None and not _was_stated_before(call, payment):
        raise DomainError(obstacle)
    return _once(call, payment, obstacle)


def on_payment_reported(call: Call, event: deposit_events_pb2.BankPaymentReported) -> None:
    """The bank's message. What cannot be understood is kept as a dead letter for staff."""
    try:
        payment = _payment(call, event)
        answer = _once(call, payment, _obstacle(call, payment.employer_no))
    except DomainError as error:
        raise Poison(f"the bank's payment is refused: {error.reason.code}") from error
    if answer.reversed_by_registration_no:
        log.warning(
            "a payment that was taken back was reported again and is not booked: %s, taken back by %s",
            answer.business.registration_no,
            answer.reversed_by_registration_no,
        )


def book_to_employer(
    call: Call, payment: BankPayment, legs: Callable[[str, int], tuple[chart.Leg, ...]]
) -> business_pb2.Business:
    """Put a payment into the suspense of its employer, held by the caller; `legs` says where it comes from."""
    connection, registration_no, day = call.connection, payment.registration_no, payment.booked_on
    journal.add_entry(
        connection,
        legs(payment.employer_no, payment.amount_fen),
        registration_no=registration_no,
        posted_on=day,
        memo="bank payment",
        bank_reference=payment.bank_reference,
    )
    employer = funds.move_money(connection, payment.employer_no, suspense_fen=payment.amount_fen)
    statement = journal.Statement(
        employer_no=payment.employer_no,
        registration_no=registration_no,
        posted_on=day,
        kind=_KIND,
        summary=SUMMARY_BANK_PAYMENT,
        headcount=0,
        amount_fen=payment.amount_fen,
        suspense_in_fen=payment.amount_fen,
        suspense_after_fen=employer.suspense_fen,
        balance_after_fen=employer.balance_fen,
    )
    statement_no = journal.add_statement(connection, statement)
    call.emit(
        deposit_events_pb2.BankPaymentRecorded(
            header=wire.header(
                employer,
                registration_no=registration_no,
                kind=_KIND,
                day=day,
                done_by_centre=call.principal.key,
            ),
            bank_reference=payment.bank_reference,
            amount_fen=payment.amount_fen,
            value_date=payment.value_date.isoformat(),
            money=wire.money_message(employer),
            statement=wire.statement_message(statement, statement_no=statement_no),
            replaces_registration_no=payment.replaces_registration_no,
        ),
        subject=payment.employer_no,
    )
    return _keep(call, payment, employer_no=payment.employer_no)


def _book_unallocated(call: Call, payment: BankPayment, obstacle: Reason) -> business_pb2.Business:
    day = payment.booked_on
    journal.add_entry(
        call.connection,
        chart.unallocated_payment(payment.amount_fen),
        registration_no=payment.registration_no,
        posted_on=day,
        memo="unallocated payment",
        bank_reference=payment.bank_reference,
    )
    bank.add_unallocated(
        call.connection,
        payment.bank_reference,
        amount_fen=payment.amount_fen,
        reason=obstacle.code,
        since=day,
    )
    call.emit(
        deposit_events_pb2.BankPaymentUnallocated(
            bank_reference=payment.bank_reference,
            stated_employer_no=payment.employer_no,
            amount_fen=payment.amount_fen,
            value_date=payment.value_date.isoformat(),
            payer_name=payment.payer_name,
            reason=obstacle.code,
            replaces_registration_no=payment.replaces_registration_no,
        ),
        subject=chart.NOBODY,
    )
    return _keep(call, payment, employer_no=chart.NOBODY)


def _payment(call: Call, reported: _Reported) -> BankPayment:
    reference = reference_of(reported.bank_reference)
    if not 0 < reported.amount_fen < FEN_MAX:
        field = FieldError("amount_fen", AMOUNT_INVALID.code, AMOUNT_INVALID.zh)
        raise DomainError(AMOUNT_INVALID, fields=[field])
    registration_no, day = new_registration(call)
    return BankPayment(
        bank_reference=reference,
        employer_no=narrow(reported.employer_no),
        amount_fen=reported.amount_fen,
        value_date=day_of(reported.value_date, field="value_date"),
        payer_name=reported.payer_name,
        registration_no=registration_no,
        booked_on=day,
    )


def reference_of(reference: str) -> str:
    """The reference as the books spell it. Raises FIELD_REQUIRED, BANK_REFERENCE_INVALID."""
    if not reference.strip():
        field = FieldError("bank_reference", FIELD_REQUIRED.code, "银行流水号不能为空")
        raise DomainError(FIELD_REQUIRED, fields=[field])
    found = spelled(reference)
    if found is None:
        fault = BANK_REFERENCE_INVALID
        raise DomainError(fault, fields=[FieldError("bank_reference", fault.code, fault.zh)])
    return found


def _what(payment: BankPayment) -> tuple[str, str, int, date]:
    """What a payment is: one that differs in any of it under the same reference is another one."""
    return payment.bank_reference, payment.employer_no, payment.amount_fen, payment.value_date


def _obstacle(call: Call, employer_no: str) -> Reason | None:
    """Why no money can go to this employer, None when it can; the employer is held."""
    employer = funds.lock_employer(call.connection, employer_no)
    if employer is None:
        return EMPLOYER_UNKNOWN
    return EMPLOYER_CLOSED if employer.closed else None


def _was_stated_before(call: Call, payment: BankPayment) -> bool:
    """Whether a payment is booked anew for the employer that was stated before: it goes where the report went, to
    nobody if need be."""
    known = bank.bookings_of(call.connection, payment.bank_reference)
    replaced = payment.replaces_registration_no, payment.employer_no
    return replaced in {(each.registration_no, each.employer_no) for each in known}


def _once(
    call: Call, payment: BankPayment, obstacle: Reason | None
) -> deposit_service_pb2.RecordBankPaymentResponse:
    """Book the payment, to nobody if there is an obstacle, unless it was booked before: then the answer is what became
    of that. Raises BANK_REFERENCE_REUSED when the reference stands for another payment."""
    known = bank.bookings_of(call.connection, payment.bank_reference)
    booked = _same(known, payment)
    if booked is None:
        _raise_unless_free(call, payment, known)
        if payment.value_date not in {each.value_date for each in known}:
            _raise_if_far(call, payment)
        if bank.claim_bank_payment(call.connection, payment):
            return deposit_service_pb2.RecordBankPaymentResponse(
                business=_book(call, payment, obstacle)
            )
        # Somebody else booked the reference at the same moment.
        booked = _same(bank.bookings_of(call.connection, payment.bank_reference), payment)
    if booked is None:
        raise DomainError(BANK_REFERENCE_REUSED)
    found = businesses.load_business(call.connection, booked.registration_no)
    assert found is not None
    return deposit_service_pb2.RecordBankPaymentResponse(
        business=wire.business_message(found), reversed_by_registration_no=found.reversed_by or ""
    )


def _same(known: Sequence[BankPayment], payment: BankPayment) -> BankPayment | None:
    """The newest booking that is this very payment; one that replaces is the same only if it replaces the same."""
    replaces = payment.replaces_registration_no
    return next(
        (
            each
            for each in reversed(known)
            if _what(each) == _what(payment)
            and (not replaces or each.replaces_registration_no == replaces)
        ),
        None,
    )


def _raise_unless_free(call: Call, payment: BankPayment, known: Sequence[BankPayment]) -> None:
    """A reference is free for a booking when it has none, or its last was taken back and is named to be replaced."""
    replaces = payment.replaces_registration_no
    if replaces in {each.replaces_registration_no for each in known}:
        raise DomainError(BANK_REFERENCE_REUSED)
    if not replaces:
        return
    if replaces not in {each.registration_no for each in known}:
        said = "该登记号不是这一银行流水号的来款"
        field = FieldError("replaces_registration_no", FIELD_INVALID.code, said)
        raise DomainError(FIELD_INVALID, fields=[field])
    if not bank.is_recalled(call.connection, replaces):
        raise fact(PAYMENT_STANDS, registration_no=replaces)


def _book(call: Call, payment: BankPayment, obstacle: Reason | None) -> business_pb2.Business:
    if obstacle is None:
        return book_to_employer(call, payment, chart.bank_payment)
    return _book_unallocated(call, payment, obstacle)


def _raise_if_far(call: Call, payment: BankPayment) -> None:
    """Only of what is booked now with a date of its own: what was booked is answered for ever, and put right as well."""
    refusal = value_date.refusal(
        payment.value_date,
        today=payment.booked_on,
        days_back=call.settings.value_date_days_back,
        days_ahead=call.settings.value_date_days_ahead,
    )
    if refusal is not None:
        raise refusal


def _keep(call: Call, payment: BankPayment, *, employer_no: str) -> business_pb2.Business:
    found = new_business(
        call,
        kind=_KIND,
        employer_no=employer_no,
        registered=(payment.registration_no, payment.booked_on),
        amount_fen=payment.amount_fen,
    )
    return keep_posted(call, found)
