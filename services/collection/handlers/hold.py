"""Holding an employer's roster for a business of deposit: hold or refuse, answer again, release.

Shared by 汇缴, 补缴 and the reversal of a remittance. Each question asked twice gets the answer it got first
(`roster_hold`); meanwhile every other change of the roster is to try again later.
"""

from __future__ import annotations

from google.rpc import status_pb2
from hpf.collection.v1 import collection_events_pb2

from services.collection import wire
from services.collection.domain.employer import Employer
from services.collection.errors import EMPLOYER_BUSY
from services.collection.store import businesses, employers
from services.collection.store.businesses import HELD, POSTED, REFUSED, REJECTED, RosterHold
from services.kit.app import Call
from services.kit.clock import business_date
from services.kit.errors import fact
from services.kit.events import Poison


def raise_if_held_by_another(employer: Employer, registration_no: str) -> None:
    """Raises EMPLOYER_BUSY."""
    if employer.held_by not in (None, registration_no):
        raise fact(EMPLOYER_BUSY, registration_no=employer.held_by)


def take(call: Call, employer: Employer, *, registration_no: str, to_month: int = 0) -> None:
    """Hold the roster; holding it already for the same business is the same."""
    if businesses.lock_roster_hold(call.connection, registration_no) is None:
        held = RosterHold(registration_no, employer.employer_no, to_month, HELD)
        businesses.add_roster_hold(call.connection, held)
        employers.set_held_by(
            call.connection, employer.employer_no, registration_no=registration_no
        )


def refuse(
    call: Call,
    employer: Employer,
    refusal: status_pb2.Status,
    *,
    registration_no: str,
    to_month: int = 0,
) -> None:
    """Hold nothing and say why."""
    note_refused(call, employer, refusal, registration_no=registration_no, to_month=to_month)
    _tell_refused(call, employer, registration_no, refusal)


def note_refused(
    call: Call,
    employer: Employer,
    refusal: status_pb2.Status,
    *,
    registration_no: str,
    to_month: int = 0,
) -> None:
    """Remember the refusal, so that a question asked twice is not granted the second time."""
    refused = RosterHold(
        registration_no, employer.employer_no, to_month, REFUSED, refusal.SerializeToString()
    )
    businesses.add_roster_hold(call.connection, refused)


def answered_before(call: Call, employer: Employer, registration_no: str) -> bool:
    """Whether the question has its final answer, which is then given again."""
    hold = businesses.lock_roster_hold(call.connection, registration_no)
    if hold is None or hold.state == HELD:
        return False
    if hold.state == REFUSED:
        assert hold.refusal is not None
        refusal = status_pb2.Status.FromString(hold.refusal)
        _tell_refused(call, employer, registration_no, refusal)
    else:
        tell_released(call, employer, registration_no, posted=hold.state == POSTED)
    return True


def end(call: Call, registration_no: str, *, posted: bool) -> bool:
    """The business is decided; False when the roster was released before. The caller frees the employer.

    One that was given up before its question came here is noted as rejected: the question, when it comes, finds it so.
    """
    hold = businesses.lock_roster_hold(call.connection, registration_no)
    if hold is None:
        if posted:
            raise Poison("a business was settled that the roster was never held for")
        given_up = RosterHold(registration_no, call.event.subject, 0, REJECTED)
        businesses.add_roster_hold(call.connection, given_up)
        return False
    if hold.state != HELD:
        return False
    state = POSTED if posted else REJECTED
    businesses.end_roster_hold(call.connection, registration_no, state=state)
    return True


def tell_released(call: Call, employer: Employer, registration_no: str, *, posted: bool) -> None:
    """The roster is free again; the employer stands as it does now."""
    call.emit(
        collection_events_pb2.RosterReleased(
            registration_no=registration_no,
            posted=posted,
            employer=wire.employer_state(employer, vault=call.vault, day=business_date(call.now)),
        ),
        subject=employer.employer_no,
    )


def _tell_refused(
    call: Call, employer: Employer, registration_no: str, refusal: status_pb2.Status
) -> None:
    call.emit(
        collection_events_pb2.RosterRefused(registration_no=registration_no, refusal=refusal),
        subject=employer.employer_no,
    )
