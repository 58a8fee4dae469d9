"""补缴 on the roster's side (manual §6.2): steps 2 and 4 of deposit's saga.

The rows are checked against the roster, and the roster is held until deposit has posted or given up.
"""

from __future__ import annotations

from collections.abc import Iterator

from google.rpc import status_pb2
from hpf.collection.v1 import collection_events_pb2
from hpf.deposit.v1 import deposit_events_pb2

from services.collection import wire
from services.collection.domain import back_payment as rules
from services.collection.domain import codes
from services.collection.domain.employer import Employer
from services.collection.errors import BACK_PAYMENT_ROWS_REFUSED, EMPLOYER_BUSY, EMPLOYER_CLOSED
from services.collection.handlers import hold, lists
from services.collection.store import accounts, businesses, employers
from services.collection.store.businesses import POSTED, REJECTED
from services.kit.app import Call
from services.kit.errors import DomainError, fact
from services.kit.sheets.errors import ROW_LIMIT_EXCEEDED


def check_back_payment(call: Call, event: deposit_events_pb2.BackPaymentRequested) -> None:
    """Step 2: hold the roster for these rows, or name every row that is wrong."""
    registration_no = event.registration_no
    employer = employers.lock_employer(call.connection, call.event.subject, vault=call.vault)
    known = businesses.lock_roster_hold(call.connection, registration_no)
    if known is not None and known.state in (POSTED, REJECTED):
        hold.tell_released(call, employer, registration_no, posted=known.state == POSTED)
        return
    if known is not None and known.refusal is not None:
        # The first answer stands: deposit may have given up already, and nobody would free a roster held now.
        _answer(call, employer, registration_no, [], status_pb2.Status.FromString(known.refusal))
        return
    refusals: list[collection_events_pb2.RowRefusal] = []
    refusal = _refusal_of_all(employer, registration_no, len(event.lines), lists.row_limit(call))
    if refusal is None:
        refusals = list(_refusals(call, event, employer))
        if refusals:
            refusal = fact(BACK_PAYMENT_ROWS_REFUSED, rows=len(refusals))
    if refusal is None:
        hold.take(call, employer, registration_no=registration_no)
        _answer(call, employer, registration_no, [], None)
    else:
        status = refusal.to_status()
        hold.note_refused(call, employer, status, registration_no=registration_no)
        _answer(call, employer, registration_no, refusals, status)


def _answer(
    call: Call,
    employer: Employer,
    registration_no: str,
    refusals: list[collection_events_pb2.RowRefusal],
    refusal: status_pb2.Status | None,
) -> None:
    call.emit(
        collection_events_pb2.BackPaymentChecked(
            registration_no=registration_no,
            accepted=refusal is None,
            refusals=refusals,
            refusal=refusal,
        ),
        subject=employer.employer_no,
    )


def settle_back_payment(call: Call, event: deposit_events_pb2.BackPaymentSettled) -> None:
    """Step 4: the roster is free again; paid_through does not move."""
    employer = employers.lock_employer(call.connection, call.event.subject, vault=call.vault)
    if hold.end(call, event.registration_no, posted=event.posted):
        employers.set_held_by(call.connection, employer.employer_no, registration_no=None)
    hold.tell_released(call, employer, event.registration_no, posted=event.posted)


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


def _refusal_of_all(
    employer: Employer, registration_no: str, rows: int, row_limit: int
) -> DomainError | None:
    """Why nothing of the list can be paid, whatever its rows say."""
    if employer.status == codes.EMPLOYER_CLOSED:
        return DomainError(EMPLOYER_CLOSED)
    if employer.held_by not in (None, registration_no):
        return fact(EMPLOYER_BUSY, registration_no=employer.held_by)
    # Deposit has the house's limit; the policy, which may set a lower one, is here.
    if rows > row_limit:
        return fact(ROW_LIMIT_EXCEEDED, limit=row_limit)
    return None
