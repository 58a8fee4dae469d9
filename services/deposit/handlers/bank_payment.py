"""Money coming in: the bank reports a payment into an employer's suspense, once for each bank reference."""

from __future__ import annotations

from datetime import date

from hpf.common.v1 import business_pb2
from hpf.deposit.v1 import deposit_events_pb2, deposit_service_pb2

from services.deposit import wire
from services.deposit.domain import chart
from services.deposit.domain.codes import SUMMARY_BANK_PAYMENT
from services.deposit.errors import AMOUNT_INVALID, BANK_REFERENCE_REUSED, EMPLOYER_UNKNOWN
from services.deposit.handlers.posting import keep_posted
from services.deposit.store import bank, businesses, funds, journal
from services.deposit.store.bank import BankPayment
from services.deposit.store.businesses import Business
from services.kit.app import Call
from services.kit.clock import business_date
from services.kit.errors import FIELD_REQUIRED, DomainError, FieldError
from services.kit.events import Poison
from services.kit.money import FEN_MAX

_KIND = business_pb2.BUSINESS_KIND_BANK_PAYMENT


def record_bank_payment(
    call: Call, request: deposit_service_pb2.RecordBankPaymentRequest
) -> deposit_service_pb2.RecordBankPaymentResponse:
    """Staff record a payment. Raises EMPLOYER_UNKNOWN, AMOUNT_INVALID, DATE_INVALID, BANK_REFERENCE_REUSED."""
    business = _record(
        call,
        employer_no=request.employer_no,
        bank_reference=request.bank_reference,
        amount_fen=request.amount_fen,
        value_date=wire.day(request.value_date, field="value_date"),
        payer_name=request.payer_name,
    )
    return deposit_service_pb2.RecordBankPaymentResponse(business=business)


def on_payment_reported(call: Call, event: deposit_events_pb2.BankPaymentReported) -> None:
    """The bank's message. What cannot be booked is kept as a dead letter for staff."""
    try:
        _record(
            call,
            employer_no=event.employer_no,
            bank_reference=event.bank_reference,
            amount_fen=event.amount_fen,
            value_date=wire.day(event.value_date, field="value_date"),
            payer_name=event.payer_name,
        )
    except DomainError as error:
        raise Poison(f"the bank's payment is refused: {error.reason.code}") from error


def _record(
    call: Call,
    *,
    employer_no: str,
    bank_reference: str,
    amount_fen: int,
    value_date: date,
    payer_name: str,
) -> business_pb2.Business:
    if not bank_reference:
        field = FieldError("bank_reference", FIELD_REQUIRED.code, "银行流水号不能为空")
        raise DomainError(FIELD_REQUIRED, fields=[field])
    if not 0 < amount_fen < FEN_MAX:
        field = FieldError("amount_fen", AMOUNT_INVALID.code, AMOUNT_INVALID.zh)
        raise DomainError(AMOUNT_INVALID, fields=[field])
    if funds.lock_employer(call.connection, employer_no) is None:
        raise DomainError(EMPLOYER_UNKNOWN)
    day = business_date(call.now)
    payment = BankPayment(
        bank_reference=bank_reference,
        employer_no=employer_no,
        amount_fen=amount_fen,
        value_date=value_date,
        payer_name=payer_name,
        registration_no=businesses.next_registration_no(call.connection, day),
    )
    known = bank.claim_bank_payment(call.connection, payment)
    if known is not None:
        return _booked_before(call, known, payment)
    return _book(call, payment, day=day)


def _booked_before(call: Call, known: BankPayment, asked: BankPayment) -> business_pb2.Business:
    same = (known.employer_no, known.amount_fen) == (asked.employer_no, asked.amount_fen)
    if not same:
        raise DomainError(BANK_REFERENCE_REUSED)
    found = businesses.load_business(call.connection, known.registration_no)
    assert found is not None
    return wire.business_message(found)


def _book(call: Call, payment: BankPayment, *, day: date) -> business_pb2.Business:
    connection, registration_no = call.connection, payment.registration_no
    employer = funds.move_money(connection, payment.employer_no, suspense_fen=payment.amount_fen)
    legs = chart.bank_payment(payment.employer_no, payment.amount_fen)
    journal.add_entry(
        connection, legs, registration_no=registration_no, posted_on=day, memo="bank payment"
    )
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
    found = Business(
        registration_no=registration_no,
        kind=_KIND,
        employer_no=payment.employer_no,
        state=business_pb2.BUSINESS_STATE_POSTED,
        business_date=day,
        amount_fen=payment.amount_fen,
        submitted_by=call.principal.key,
        submitted_at=call.now,
        asked_at=call.now,
    )
    return keep_posted(call, found)
