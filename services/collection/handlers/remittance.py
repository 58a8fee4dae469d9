"""汇缴 on the roster's side (manual §6.1): the preview, and steps 2 and 4 of deposit's saga.

Each step answers a question asked twice as it did the first time (`roster_hold`).
"""

from __future__ import annotations

from dataclasses import replace

from google.rpc import status_pb2
from hpf.collection.v1 import collection_events_pb2, collection_service_pb2
from hpf.deposit.v1 import deposit_events_pb2

from services.collection import wire
from services.collection.domain import codes, roster
from services.collection.domain.employer import Employer
from services.collection.errors import EMPLOYER_BUSY
from services.collection.store import accounts, businesses, employers, reference
from services.collection.store.businesses import HELD, POSTED, REFUSED, REJECTED, RosterHold
from services.kit.app import Call
from services.kit.clock import business_date
from services.kit.errors import DomainError, fact
from services.kit.events import Poison
from services.kit.months import YearMonth


def preview_remittance(
    call: Call, request: collection_service_pb2.PreviewRemittanceRequest
) -> collection_service_pb2.PreviewRemittanceResponse:
    """What would be due. Raises MONTHS_PAID, MONTH_IN_FUTURE, NOTHING_DUE, EMPLOYER_CLOSED."""
    employer = employers.load_employer(call.connection, call.employer_no, vault=call.vault)
    current = YearMonth.of(business_date(call.now))
    to_month = wire.month(request.to_month, field="to_month") if request.to_month else current
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
    employer_no = call.event.subject
    employer = employers.lock_employer(call.connection, employer_no, vault=call.vault)
    hold = businesses.lock_roster_hold(call.connection, event.registration_no)
    if hold is not None and hold.state != HELD:
        _answer_again(call, hold, employer)
        return
    try:
        if employer.held_by not in (None, event.registration_no):
            raise fact(EMPLOYER_BUSY, registration_no=employer.held_by)
        found = _roster(call, employer, wire.month(event.to_month, field="to_month"))
    except DomainError as refusal:
        status = refusal.to_status()
        _refuse(call, event, employer_no, status)
        return
    if hold is None:
        businesses.add_roster_hold(
            call.connection,
            RosterHold(event.registration_no, employer_no, event.to_month, HELD),
        )
        employers.set_held_by(call.connection, employer_no, registration_no=event.registration_no)
    call.emit(
        wire.roster_reserved(found, registration_no=event.registration_no), subject=employer_no
    )


def settle(call: Call, event: deposit_events_pb2.RemittanceSettled) -> None:
    """Step 4: paid_through moves when it was posted; either way the roster is free again."""
    employer = employers.lock_employer(call.connection, call.event.subject, vault=call.vault)
    hold = businesses.lock_roster_hold(call.connection, event.registration_no)
    if hold is None:
        raise Poison("a remittance was settled that collection never held the roster for")
    if hold.state == HELD:
        employer = _release(call, employer, event)
    tell_released(call, employer, event.registration_no, posted=event.posted)


def _release(
    call: Call, employer: Employer, event: deposit_events_pb2.RemittanceSettled
) -> Employer:
    state = POSTED if event.posted else REJECTED
    businesses.end_roster_hold(call.connection, event.registration_no, state=state)
    released = replace(employer, held_by=None)
    if event.posted:
        opened = employer.status == codes.EMPLOYER_OPENED
        released = replace(
            released,
            paid_through=YearMonth.from_int(event.to_month),
            status=codes.EMPLOYER_NORMAL if opened else employer.status,
        )
    employers.save_employer(call.connection, released, vault=call.vault)
    return released


def _answer_again(call: Call, hold: RosterHold, employer: Employer) -> None:
    if hold.state == REFUSED:
        assert hold.refusal is not None
        refusal = status_pb2.Status.FromString(hold.refusal)
        _tell_refused(call, hold.registration_no, hold.employer_no, refusal)
    else:
        tell_released(call, employer, hold.registration_no, posted=hold.state == POSTED)


def _refuse(
    call: Call,
    event: deposit_events_pb2.RemittanceRequested,
    employer_no: str,
    refusal: status_pb2.Status,
) -> None:
    businesses.add_roster_hold(
        call.connection,
        RosterHold(
            event.registration_no,
            employer_no,
            event.to_month,
            REFUSED,
            refusal.SerializeToString(),
        ),
    )
    _tell_refused(call, event.registration_no, employer_no, refusal)


def _tell_refused(
    call: Call, registration_no: str, employer_no: str, refusal: status_pb2.Status
) -> None:
    call.emit(
        collection_events_pb2.RosterRefused(registration_no=registration_no, refusal=refusal),
        subject=employer_no,
    )


def tell_released(call: Call, employer: Employer, registration_no: str, *, posted: bool) -> None:
    call.emit(
        collection_events_pb2.RosterReleased(
            registration_no=registration_no,
            posted=posted,
            employer=wire.employer_state(employer, vault=call.vault, day=business_date(call.now)),
        ),
        subject=employer.employer_no,
    )


def _roster(call: Call, employer: Employer, to_month: YearMonth) -> roster.Roster:
    day = business_date(call.now)
    months = roster.months_to_remit(
        employer,
        to_month,
        current=YearMonth.of(day),
        policy=reference.policy_on(call.connection, day),
    )
    people = accounts.active_months(call.connection, employer.employer_no, months)
    return roster.roster_of(people, months=months)
