"""Money coming in: the bank reports a payment into an employer's suspense, once for each bank reference.

A payment for an employer that is not there is not refused, for the money is at the bank: it waits unallocated.
"""

from __future__ import annotations

from collections.abc import Callable
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
)
from services.deposit.handlers.posting import keep_posted, new_business, new_registration
from services.deposit.store import bank, businesses, funds, journal
from services.deposit.store.bank import BankPayment
from services.kit.app import Call
from services.kit.days import day_of
from services.kit.errors import FIELD_REQUIRED, DomainError, FieldError, Reason
from services.kit.events import Poison
from services.kit.money import FEN_MAX

_KIND = business_pb2.BUSINESS_KIND_BANK_PAYMENT

_Reported = deposit_service_pb2.RecordBankPaymentRequest | deposit_events_pb2.BankPaymentReported


def record_bank_payment(
    call: Call, request: deposit_service_pb2.RecordBankPaymentRequest
) -> deposit_service_pb2.RecordBankPaymentResponse:
    """Staff record a payment. Raises EMPLOYER_UNKNOWN, EMPLOYER_CLOSED, AMOUNT_INVALID, DATE_INVALID,
    VALUE_DATE_OUTSIDE, FIELD_REQUIRED, BANK_REFERENCE_INVALID, BANK_REFERENCE_REUSED."""
    payment = _payment(call, request)
    refusal = _obstacle(call, payment.employer_no)
    if refusal is not None:
        raise DomainError(refusal)
    business = _once(call, payment, lambda: book_to_employer(call, payment, chart.bank_payment))
    return deposit_service_pb2.RecordBankPaymentResponse(business=business)


def on_payment_reported(call: Call, event: deposit_events_pb2.BankPaymentReported) -> None:
    """The bank's message. What cannot be understood is kept as a dead letter for staff."""
    try:
        payment = _payment(call, event)
        obstacle = _obstacle(call, payment.employer_no)
        if obstacle is None:
            _once(call, payment, lambda: book_to_employer(call, payment, chart.bank_payment))
        else:
            _once(call, payment, lambda: _book_unallocated(call, payment, obstacle))
    except DomainError as error:
        raise Poison(f"the bank's payment is refused: {error.reason.code}") from error


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
            header=wire.header(employer, registration_no=registration_no, kind=_KIND, day=day),
            bank_reference=payment.bank_reference,
            amount_fen=payment.amount_fen,
            value_date=payment.value_date.isoformat(),
            money=wire.money_message(employer),
            statement=wire.statement_message(statement, statement_no=statement_no),
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


def _once(
    call: Call, payment: BankPayment, book: Callable[[], business_pb2.Business]
) -> business_pb2.Business:
    """Book the payment unless its reference was booked before: then the same answer, or BANK_REFERENCE_REUSED."""
    known = bank.find_bank_payment(call.connection, payment.bank_reference)
    if known is None:
        _raise_if_far(call, payment)
        known = bank.claim_bank_payment(call.connection, payment)
    if known is None:
        return book()
    if _what(known) != _what(payment):
        raise DomainError(BANK_REFERENCE_REUSED)
    found = businesses.load_business(call.connection, known.registration_no)
    assert found is not None
    return wire.business_message(found)


def _raise_if_far(call: Call, payment: BankPayment) -> None:
    """Only of what is booked now: what was booked is answered for ever."""
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
