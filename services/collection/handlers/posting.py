"""What every business of collection ends with: a registration number, a business row, tokens for its reads."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from google.rpc import status_pb2
from hpf.common.v1 import business_pb2

from services.collection import wire
from services.collection.domain import codes
from services.collection.domain.changes import Change
from services.collection.domain.employer import Employer
from services.collection.errors import EMPLOYER_BUSY, EMPLOYER_CLOSED
from services.collection.store import businesses, employers
from services.collection.store.businesses import Business
from services.kit.app import Call
from services.kit.clock import business_date
from services.kit.errors import DomainError, fact


def employer_to_change(call: Call) -> Employer:
    """The session's employer, held for this transaction, free for a change of its roster.

    Raises EMPLOYER_CLOSED, and EMPLOYER_BUSY (try again) while a remittance holds the roster.
    """
    employer = employers.lock_employer(call.connection, call.employer_no, vault=call.vault)
    if employer.status == codes.EMPLOYER_CLOSED:
        raise DomainError(EMPLOYER_CLOSED)
    if employer.held_by:
        raise fact(EMPLOYER_BUSY, registration_no=employer.held_by)
    return employer


def new_registration(call: Call) -> tuple[str, date]:
    """The business's registration number and date."""
    day = business_date(call.now)
    return businesses.next_registration_no(call.connection, day), day


def posted(
    call: Call,
    employer: Employer,
    *,
    registration_no: str,
    kind: business_pb2.BusinessKind,
    day: date,
    headcount: int = 0,
    amount_fen: int = 0,
    changes: Sequence[Change] = (),
) -> business_pb2.Business:
    """Keep a business that is posted, with who submitted it and what changed; call it after its events."""
    return _keep(
        call,
        employer,
        registration_no=registration_no,
        kind=kind,
        day=day,
        state=business_pb2.BUSINESS_STATE_POSTED,
        headcount=headcount,
        amount_fen=amount_fen,
        changes=changes,
    )


def pending(
    call: Call,
    employer: Employer,
    *,
    registration_no: str,
    kind: business_pb2.BusinessKind,
    day: date,
    headcount: int = 0,
    changes: Sequence[Change] = (),
) -> business_pb2.Business:
    """Keep a business that is accepted and waits for another service."""
    return _keep(
        call,
        employer,
        registration_no=registration_no,
        kind=kind,
        day=day,
        state=business_pb2.BUSINESS_STATE_PENDING,
        headcount=headcount,
        amount_fen=0,
        changes=changes,
    )


def finish(
    call: Call,
    registration_no: str,
    *,
    rejection: status_pb2.Status | None = None,
    amount_fen: int = 0,
    also: tuple[business_pb2.ConsistencyToken, ...] = (),
) -> None:
    """A waiting business has its outcome: keep it and tell whoever waits. `also` are other owners' tokens."""
    state = (
        business_pb2.BUSINESS_STATE_REJECTED if rejection else business_pb2.BUSINESS_STATE_POSTED
    )
    tokens = business_pb2.Business(consistency=[*call.consistency(), *also])
    businesses.update_business(
        call.connection,
        registration_no,
        state=state,
        amount_fen=amount_fen,
        rejection=rejection.SerializeToString() if rejection else None,
        consistency=tokens.SerializeToString(),
    )
    found = businesses.load_business(call.connection, registration_no)
    assert found is not None
    event = business_pb2.BusinessFinished(business=wire.business_message(found))
    call.emit(event, subject=found.employer_no)


def _keep(
    call: Call,
    employer: Employer,
    *,
    registration_no: str,
    kind: business_pb2.BusinessKind,
    day: date,
    state: business_pb2.BusinessState,
    headcount: int,
    amount_fen: int,
    changes: Sequence[Change],
) -> business_pb2.Business:
    tokens = business_pb2.Business(consistency=call.consistency())
    found = Business(
        registration_no=registration_no,
        kind=kind,
        employer_no=employer.employer_no,
        state=state,
        business_date=day,
        submitted_by=call.principal.key,
        submitted_at=call.now,
        headcount=headcount,
        amount_fen=amount_fen,
        certificate=call.principal.certificate,
        approved_certificate=call.approver.certificate if call.approver else "",
        request_ref=call.context.request_ref,
        consistency=tokens.SerializeToString(),
        changes_sealed=call.vault.seal(wire.changes_bytes(changes)) if changes else None,
    )
    businesses.add_business(call.connection, found)
    return wire.business_message(found)
