"""汇缴 on the roster's side (manual §6.1): the preview, and steps 2 and 4 of deposit's saga."""

from __future__ import annotations

from dataclasses import replace

from hpf.collection.v1 import collection_service_pb2
from hpf.deposit.v1 import deposit_events_pb2

from services.collection import wire
from services.collection.domain.employer import Employer
from services.collection.domain.roster import Roster, last_at_once, months_to_remit, roster_of
from services.collection.handlers import hold
from services.collection.store import employers, reference, roster
from services.kit.app import Call
from services.kit.clock import business_date
from services.kit.errors import DomainError
from services.kit.months import YearMonth


def preview_remittance(
    call: Call, request: collection_service_pb2.PreviewRemittanceRequest
) -> collection_service_pb2.PreviewRemittanceResponse:
    """What would be due, by default through this month, or as far as one remittance reaches.

    Raises MONTHS_PAID, MONTH_IN_FUTURE, TOO_MANY_MONTHS, NOTHING_DUE, DUE_IS_ZERO, EMPLOYER_CLOSED.
    """
    employer = employers.load_employer(call.connection, call.employer_no, vault=call.vault)
    current = YearMonth.of(business_date(call.now))
    latest = min(current, last_at_once(employer))
    to_month = wire.month(request.to_month, field="to_month") if request.to_month else latest
    found = _roster(call, employer, to_month)
    return collection_service_pb2.PreviewRemittanceResponse(
        from_month=found.months[0].month.to_int(),
        to_month=found.months[-1].month.to_int(),
        months=[wire.month_due(each) for each in found.months],
        amount_fen=found.amount_fen,
        headcount=found.headcount,
    )


def reserve_roster(call: Call, event: deposit_events_pb2.RemittanceRequested) -> None:
    """Step 2: hold the roster and answer with everything due, or refuse."""
    registration_no = event.registration_no
    employer = employers.lock_employer(call.connection, call.event.subject, vault=call.vault)
    if hold.answered_before(call, employer, registration_no):
        return
    try:
        hold.raise_if_held_by_another(employer, registration_no)
        found = _roster(call, employer, wire.month(event.to_month, field="to_month"))
    except DomainError as refusal:
        status = refusal.to_status()
        hold.refuse(
            call, employer, status, registration_no=registration_no, to_month=event.to_month
        )
        return
    hold.take(call, employer, registration_no=registration_no, to_month=event.to_month)
    call.emit(
        wire.roster_reserved(found, registration_no=registration_no), subject=employer.employer_no
    )


def settle(call: Call, event: deposit_events_pb2.RemittanceSettled) -> None:
    """Step 4: paid_through moves when it was posted; either way the roster is free again."""
    employer = employers.lock_employer(call.connection, call.event.subject, vault=call.vault)
    if hold.end(call, event.registration_no, posted=event.posted):
        employer = _released(employer, event)
        employers.save_employer(call.connection, employer, vault=call.vault)
    hold.tell_released(call, employer, event.registration_no, posted=event.posted)


def _released(employer: Employer, event: deposit_events_pb2.RemittanceSettled) -> Employer:
    free = replace(employer, held_by=None)
    if not event.posted:
        return free
    return free.paid_to(YearMonth.from_int(event.to_month))


def _roster(call: Call, employer: Employer, to_month: YearMonth) -> Roster:
    day = business_date(call.now)
    months = months_to_remit(
        employer,
        to_month,
        current=YearMonth.of(day),
        policy=reference.policy_on(call.connection, day),
    )
    due = roster.due_lines(call.connection, employer.employer_no, months)
    return roster_of(due, months=months)
