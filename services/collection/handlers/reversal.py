"""冲正 of a remittance on the roster's side: steps 2 and 4 of deposit's saga; paid_through moves back."""

from __future__ import annotations

from dataclasses import replace

from hpf.collection.v1 import collection_events_pb2
from hpf.deposit.v1 import deposit_events_pb2

from services.collection.domain import codes
from services.collection.domain.employer import Employer
from services.collection.errors import EMPLOYER_CLOSED, LATER_MONTHS_REMITTED
from services.collection.handlers import hold
from services.collection.store import employers
from services.kit.app import Call
from services.kit.errors import DomainError, fact
from services.kit.months import YearMonth


def hold_for_reversal(call: Call, event: deposit_events_pb2.ReversalRequested) -> None:
    """Step 2: hold the roster, unless the employer has gone on since: only the last remittance goes back."""
    registration_no = event.registration_no
    employer = employers.lock_employer(call.connection, call.event.subject, vault=call.vault)
    if hold.answered_before(call, employer, registration_no):
        return
    try:
        hold.raise_if_held_by_another(employer, registration_no)
        _raise_if_gone_on(employer, event)
    except DomainError as refusal:
        hold.refuse(call, employer, refusal.to_status(), registration_no=registration_no)
        return
    hold.take(call, employer, registration_no=registration_no, to_month=event.to_month)
    call.emit(
        collection_events_pb2.RosterReserved(registration_no=registration_no),
        subject=employer.employer_no,
    )


def settle(call: Call, event: deposit_events_pb2.ReversalSettled) -> None:
    """Step 4: the months are due again when it was posted; either way the roster is free again."""
    employer = employers.lock_employer(call.connection, call.event.subject, vault=call.vault)
    if hold.end(call, event.registration_no, posted=event.posted):
        employer = replace(employer, held_by=None)
        if event.posted:
            month = event.paid_through_month
            employer = employer.paid_to(YearMonth.from_int(month) if month else None)
        employers.save_employer(call.connection, employer, vault=call.vault)
    hold.tell_released(call, employer, event.registration_no, posted=event.posted)


def _raise_if_gone_on(employer: Employer, event: deposit_events_pb2.ReversalRequested) -> None:
    if employer.status == codes.EMPLOYER_CLOSED:
        raise DomainError(EMPLOYER_CLOSED)
    if employer.paid_through != YearMonth.from_int(event.to_month):
        raise fact(LATER_MONTHS_REMITTED, to_month=event.to_month)
