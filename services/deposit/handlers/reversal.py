"""冲正 by staff: new entries that point to the old ones. A remittance goes back with collection's consent, as a saga
(sagas.py), for its paid-through month moves; a back payment or a payment of the bank at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from hpf.collection.v1 import collection_events_pb2 as collection
from hpf.common.v1 import business_pb2
from hpf.deposit.v1 import deposit_service_pb2 as pb

from services.deposit import wire
from services.deposit.domain import chart, reversal
from services.deposit.domain.staff_reason import reason_of
from services.deposit.errors import (
    ALREADY_REVERSED,
    NOT_A_BANK_PAYMENT,
    NOT_POSTED,
    NOT_REVERSIBLE,
    NOTHING_RECALLED,
    PAYMENT_NOT_UNALLOCATED,
    PAYMENT_UNALLOCATED_ALREADY,
)
from services.deposit.handlers import saga
from services.deposit.handlers.posting import (
    employer_to_move,
    keep_posted,
    new_business,
    new_registration,
)
from services.deposit.handlers.reversal_posting import Reversal, post
from services.deposit.store import bank, businesses, funds, journal, reversals
from services.deposit.store.bank import BankPayment
from services.deposit.store.businesses import Business
from services.kit.app import Call
from services.kit.days import day_of
from services.kit.errors import BUSINESS_UNKNOWN, DomainError, fact

_KIND = business_pb2.BUSINESS_KIND_REVERSAL
_REMITTANCE = business_pb2.BUSINESS_KIND_REMITTANCE
_BACK_PAYMENT = business_pb2.BUSINESS_KIND_BACK_PAYMENT
_BANK_PAYMENT = business_pb2.BUSINESS_KIND_BANK_PAYMENT


def reverse_business(call: Call, request: pb.ReverseBusinessRequest) -> pb.ReverseBusinessResponse:
    """Take a business back. Raises BUSINESS_UNKNOWN, NOT_REVERSIBLE, NOT_POSTED, ALREADY_REVERSED, EMPLOYER_CLOSED,
    EMPLOYER_BUSY (try again), FIELD_REQUIRED, FIELD_INVALID, NOT_A_BANK_PAYMENT, PAYMENT_NOT_UNALLOCATED,
    PAYMENT_UNALLOCATED_ALREADY, DATE_INVALID, RECALL_DATE_OUTSIDE, NOTHING_RECALLED, and REVERSAL_BLOCKED with each thing that depends on it."""
    reason = reason_of(request.reason)
    old = _held(call, request.registration_no)
    if request.to_unallocated and old.kind != _BANK_PAYMENT:
        raise DomainError(NOT_A_BANK_PAYMENT)
    if request.recalled_on and old.kind != _BANK_PAYMENT:
        raise DomainError(NOTHING_RECALLED)
    new = new_business(
        call,
        kind=_KIND,
        employer_no=old.employer_no,
        registered=new_registration(call),
        from_month=old.from_month,
        to_month=old.to_month,
        headcount=old.headcount,
        amount_fen=old.amount_fen,
        reverses=old.registration_no,
        reason=reason,
    )
    if old.kind == _BANK_PAYMENT:
        _take_back_payment(call, old, new, request)
    else:
        _raise_if_depended_on(call, old)
    if old.kind == _REMITTANCE:
        return pb.ReverseBusinessResponse(business=saga.accept(call, new))
    if old.kind == _BACK_PAYMENT:
        post(call, Reversal(old, new))
    return pb.ReverseBusinessResponse(business=keep_posted(call, new))


def on_reserved(call: Call, found: Business, event: collection.RosterReserved) -> None:
    """Step 3 for a remittance: taken back, unless something has come to depend on it since step 1."""
    assert found.reverses is not None
    old = businesses.lock_business(call.connection, found.reverses)
    assert old is not None
    funds.lock_employer(call.connection, old.employer_no)
    try:
        _raise_if_reversed(old)
        _raise_if_depended_on(call, old)
    except DomainError as refusal:
        saga.decide(call, found, rejection=refusal.to_status())
        return
    post(call, Reversal(old, found))
    saga.decide(call, found)


def find_business(call: Call, request: pb.FindBusinessRequest) -> pb.FindBusinessResponse:
    """Any employer's business, for staff. Raises BUSINESS_UNKNOWN."""
    found = businesses.load_business(call.connection, request.registration_no)
    if found is None:
        raise DomainError(BUSINESS_UNKNOWN)
    replaces, replaced_by = bank.replacements_of(call.connection, found.registration_no)
    return pb.FindBusinessResponse(
        business=wire.business_message(found),
        from_month=found.from_month,
        to_month=found.to_month,
        submitted_by=found.submitted_by,
        submitted_at=found.submitted_at.isoformat(),
        reverses_registration_no=found.reverses or "",
        reversed_by_registration_no=found.reversed_by or "",
        reason=found.reason,
        replaces_registration_no=replaces,
        replaced_by_registration_no=replaced_by,
    )


def _held(call: Call, registration_no: str) -> Business:
    """The business to take back and its employer, both held."""
    known = businesses.load_business(call.connection, registration_no)
    if known is None:
        raise DomainError(BUSINESS_UNKNOWN)
    if known.kind == _KIND and journal.has_entry_of_its_own(call.connection, registration_no):
        return _kept_payment(call, registration_no)
    if known.kind not in (_REMITTANCE, _BACK_PAYMENT, _BANK_PAYMENT):
        raise DomainError(NOT_REVERSIBLE)
    if known.employer_no != chart.NOBODY:
        employer_to_move(call, known.employer_no)
    found = businesses.lock_business(call.connection, registration_no)
    assert found is not None
    if found.state != business_pb2.BUSINESS_STATE_POSTED:
        raise DomainError(NOT_POSTED)
    _raise_if_reversed(found)
    return found


def _kept_payment(call: Call, registration_no: str) -> Business:
    """A reversal that kept its payment to be allocated: what it put aside for nobody is a payment for nobody, which the
    bank may recall like any other."""
    found = businesses.lock_business(call.connection, registration_no)
    assert found is not None
    _raise_if_reversed(found)
    return replace(found, kind=_BANK_PAYMENT, employer_no=chart.NOBODY)


def _raise_if_reversed(found: Business) -> None:
    if found.reversed_by:
        raise fact(ALREADY_REVERSED, registration_no=found.reversed_by)


def _raise_if_depended_on(call: Call, old: Business) -> None:
    is_remittance = old.kind == _REMITTANCE
    dependents = reversals.dependents_of(
        call.connection,
        old.registration_no,
        employer_no=old.employer_no,
        paid_from_month=old.from_month if is_remittance else 0,
    )
    last = funds.last_remitted_month(call.connection, old.employer_no) if is_remittance else None
    refusal = reversal.refusal_of_credit(
        dependents, to_month=old.to_month, last_month=last.month if last else 0
    )
    if refusal is not None:
        raise refusal


def _take_back_payment(
    call: Call, old: Business, new: Business, request: pb.ReverseBusinessRequest
) -> None:
    """The payment's money leaves suspense (or the unallocated account): out of the bank again, unless it is kept to
    be allocated to somebody else; what staff had allocated waits again."""
    reference = journal.bank_reference_of(call.connection, old.registration_no)
    allocated = bank.is_allocation(call.connection, old.registration_no)
    waits = request.to_unallocated or allocated
    if waits and request.recalled_on:
        raise DomainError(NOTHING_RECALLED)
    _raise_unless_there(call, old, reference, to_unallocated=request.to_unallocated)
    payment = bank.load_bank_payment(call.connection, reference)
    assert payment is not None
    recalled_on = None if waits else _recall_day(request, payment, today=new.business_date)
    # The papers of a reversal that kept its payment stay true: the employer it took the money from has it no more.
    paper_of = payment.registration_no if old.reverses is not None else ""
    post(call, Reversal(old, new, paper_of=paper_of, recalled_on=recalled_on))
    if recalled_on is None:
        _let_wait(call, new, reference, put_aside=not allocated)
    else:
        bank.add_recall(
            call.connection,
            new.registration_no,
            payment_registration_no=payment.registration_no,
            value_date=recalled_on,
        )


def _raise_unless_there(call: Call, old: Business, reference: str, *, to_unallocated: bool) -> None:
    """A payment goes back from where its money lies: the unallocated account, which it leaves here, or suspense."""
    if old.employer_no == chart.NOBODY:
        if not bank.take_unallocated(call.connection, reference):
            raise DomainError(PAYMENT_NOT_UNALLOCATED)
        if to_unallocated:
            raise DomainError(PAYMENT_UNALLOCATED_ALREADY)
        return
    employer = funds.load_employer(call.connection, old.employer_no)
    assert employer is not None
    refusal = reversal.refusal_of_payment(
        amount_fen=old.amount_fen, suspense_fen=employer.suspense_fen
    )
    if refusal is not None:
        raise refusal


def _let_wait(call: Call, new: Business, reference: str, *, put_aside: bool) -> None:
    """The payment waits for allocation; what was not an allocation before is put aside by an entry of its own."""
    if put_aside:
        journal.add_entry(
            call.connection,
            chart.unallocated_payment(new.amount_fen),
            registration_no=new.registration_no,
            posted_on=new.business_date,
            memo="kept to be allocated",
            bank_reference=reference,
        )
    bank.add_unallocated(
        call.connection,
        reference,
        amount_fen=new.amount_fen,
        reason=_KEPT,
        since=new.business_date,
    )


def _recall_day(request: pb.ReverseBusinessRequest, payment: BankPayment, *, today: date) -> date:
    stated = day_of(request.recalled_on, field="recalled_on") if request.recalled_on else None
    return reversal.recall_day(stated, value_date=payment.value_date, today=today)


#: Why a payment waits that was booked to somebody before.
_KEPT = "TAKEN_BACK"
