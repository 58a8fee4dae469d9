"""The steps that all sagas of deposit share: accept and ask, decide and ask, finish (sagas.py)."""

from __future__ import annotations

from dataclasses import replace

from google.rpc import status_pb2
from hpf.collection.v1 import collection_events_pb2 as collection
from hpf.common.v1 import business_pb2

from services.deposit import sagas, wire
from services.deposit.store import businesses, funds
from services.deposit.store.businesses import Business
from services.kit import outbox
from services.kit.app import Call
from services.kit.events import Poison

_PENDING = business_pb2.BUSINESS_STATE_PENDING
_POSTED = business_pb2.BUSINESS_STATE_POSTED
_REJECTED = business_pb2.BUSINESS_STATE_REJECTED


def accept(call: Call, found: Business) -> business_pb2.Business:
    """First step: the business is accepted, its employer's money held for it, collection asked."""
    pending = replace(found, state=_PENDING, step=sagas.WAITS_FOR_ROSTER)
    businesses.add_business(call.connection, pending)
    funds.set_pending(call.connection, pending.employer_no, registration_no=pending.registration_no)
    call.emit(sagas.question_of(call.connection, pending), subject=pending.employer_no)
    return wire.business_message(pending)


def waiting(call: Call, registration_no: str, *, step: str) -> Business | None:
    """The business that an answer is for, held; None when it has moved on (a question was asked twice)."""
    found = businesses.lock_business(call.connection, registration_no)
    if found is None:
        raise Poison("an answer came for a business that does not exist")
    return found if found.step == step else None


def decide(
    call: Call,
    found: Business,
    *,
    rejection: status_pb2.Status | None = None,
    **outcome: int,
) -> None:
    """The money side is decided; `outcome` are columns of the business. Collection is asked to move on."""
    decided = businesses.update_business(
        call.connection,
        found.registration_no,
        step=sagas.WAITS_FOR_RELEASE,
        rejection=rejection.SerializeToString() if rejection is not None else None,
        asked_at=call.now,
        **outcome,
    )
    call.emit(sagas.question_of(call.connection, decided), subject=decided.employer_no)


def on_roster_refused(call: Call, event: collection.RosterRefused) -> None:
    """Collection has nothing to give or may not: it holds nothing, so we are done."""
    found = waiting(call, event.registration_no, step=sagas.WAITS_FOR_ROSTER)
    if found is not None:
        finish(call, found, rejection=event.refusal)


def on_roster_released(call: Call, event: collection.RosterReleased) -> None:
    """Collection has moved on."""
    found = waiting(call, event.registration_no, step=sagas.WAITS_FOR_RELEASE)
    if found is not None:
        finish(call, found, rejection=sagas.rejection_of(found))


def finish(call: Call, found: Business, *, rejection: status_pb2.Status | None) -> None:
    """Last step: the employer's money is free again and whoever waits is told."""
    funds.set_pending(call.connection, found.employer_no, registration_no=None)
    versions = {
        "deposit": outbox.version_of(call.connection, found.employer_no),
        "collection": call.event.version,
    }
    tokens = [
        business_pb2.ConsistencyToken(owner=owner, employer_no=found.employer_no, version=version)
        for owner, version in versions.items()
    ]
    finished = businesses.update_business(
        call.connection,
        found.registration_no,
        state=_POSTED if rejection is None else _REJECTED,
        step=sagas.DONE,
        finished=True,
        rejection=rejection.SerializeToString() if rejection is not None else None,
        consistency=business_pb2.Business(consistency=tokens).SerializeToString(),
    )
    event = business_pb2.BusinessFinished(business=wire.business_message(finished))
    call.emit(event, subject=found.employer_no)
