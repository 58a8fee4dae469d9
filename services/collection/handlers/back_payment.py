"""补缴 on the roster's side (manual §6.2): steps 2 and 4 of deposit's saga.

The rows are checked against the roster, and the roster is held until deposit has posted or given up.
"""

from __future__ import annotations

from collections.abc import Iterator

from hpf.collection.v1 import collection_events_pb2
from hpf.deposit.v1 import deposit_events_pb2

from services.collection import wire
from services.collection.domain import back_payment as rules
from services.collection.domain import codes
from services.collection.domain.employer import Employer
from services.collection.errors import BACK_PAYMENT_ROWS_REFUSED, EMPLOYER_BUSY, EMPLOYER_CLOSED
from services.collection.handlers import lists
from services.collection.handlers.remittance import tell_released
from services.collection.store import accounts, businesses, employers
from services.collection.store.businesses import HELD, POSTED, REFUSED, REJECTED, RosterHold
from services.kit.app import Call
from services.kit.errors import DomainError, fact
from services.kit.events import Poison


def check_back_payment(call: Call, event: deposit_events_pb2.BackPaymentRequested) -> None:
    """Step 2: hold the roster for these rows, or name every row that is wrong."""
    employer = employers.lock_employer(call.connection, call.event.subject, vault=call.vault)
    hold = businesses.lock_roster_hold(call.connection, event.registration_no)
    if hold is not None and hold.state in (POSTED, REJECTED):
        tell_released(call, employer, event.registration_no, posted=hold.state == POSTED)
        return
    refusals = list(_refusals(call, event, employer))
    refusal = _refusal_of(employer, event.registration_no, refusals)
    if hold is None:
        state = REFUSED if refusal else HELD
        businesses.add_roster_hold(
            call.connection,
            RosterHold(event.registration_no, employer.employer_no, 0, state),
        )
        if not refusal:
            employers.set_held_by(
                call.connection, employer.employer_no, registration_no=event.registration_no
            )
    call.emit(
        collection_events_pb2.BackPaymentChecked(
            registration_no=event.registration_no,
            accepted=refusal is None,
            refusals=refusals,
            refusal=refusal.to_status() if refusal else None,
        ),
        subject=employer.employer_no,
    )


def settle_back_payment(call: Call, event: deposit_events_pb2.BackPaymentSettled) -> None:
    """Step 4: the roster is free again; paid_through does not move."""
    employer = employers.lock_employer(call.connection, call.event.subject, vault=call.vault)
    hold = businesses.lock_roster_hold(call.connection, event.registration_no)
    if hold is None:
        raise Poison("a back payment was settled that collection never held the roster for")
    if hold.state == HELD:
        state = POSTED if event.posted else REJECTED
        businesses.end_roster_hold(call.connection, event.registration_no, state=state)
        employers.set_held_by(call.connection, employer.employer_no, registration_no=None)
    tell_released(call, employer, event.registration_no, posted=event.posted)


def _refusals(
    call: Call, event: deposit_events_pb2.BackPaymentRequested, employer: Employer
) -> Iterator[collection_events_pb2.RowRefusal]:
    numbers = [line.account_no for line in event.lines]
    month = lists.current_month(call)
    found = accounts.accounts_in(
        call.connection, employer.employer_no, month=month, vault=call.vault, only=numbers
    )
    full = event.kind == deposit_events_pb2.BACK_PAYMENT_KIND_FULL
    for line in event.lines:
        fault = rules.fault_of_line(
            found.get(line.account_no),
            employer=employer,
            from_month=wire.month(line.from_month, field="from_month"),
            to_month=wire.month(line.to_month, field="to_month"),
            amount_fen=line.amount_fen,
            current=month,
            kind=rules.Kind.FULL if full else rules.Kind.ARBITRARY,
        )
        if fault is not None:
            yield collection_events_pb2.RowRefusal(
                row_number=line.row_number,
                field=fault.field,
                reason=fault.error.reason.code,
                zh=fault.error.zh,
            )


def _refusal_of(
    employer: Employer, registration_no: str, refusals: list[collection_events_pb2.RowRefusal]
) -> DomainError | None:
    if employer.status == codes.EMPLOYER_CLOSED:
        return DomainError(EMPLOYER_CLOSED)
    if employer.held_by not in (None, registration_no):
        return fact(EMPLOYER_BUSY, registration_no=employer.held_by)
    if refusals:
        return fact(BACK_PAYMENT_ROWS_REFUSED, rows=len(refusals))
    return None
