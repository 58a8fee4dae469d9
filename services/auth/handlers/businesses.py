"""Every business that was posted or rejected goes into the audit trail, with the digest of the event that says so.

The owners keep their events for ever; whoever changes one of them afterwards no longer fits the chain kept here.
"""

from __future__ import annotations

import hashlib
from typing import Any

from hpf.common.v1 import business_pb2

from services.auth.domain.audit import AuditEntry
from services.auth.events import has_employer, has_header
from services.auth.handlers.employers import on_employer
from services.auth.store.audit import append_entry
from services.kit.app import Call
from services.kit.errors import reason_of

POSTED = "posted"
REJECTED = "rejected"


def on_event(call: Call, message: Any) -> None:
    """Any event that carries an employer, the head of a posted business, or both."""
    if has_employer(message.DESCRIPTOR):
        on_employer(call, message)
    if has_header(message.DESCRIPTOR) and message.HasField("header"):
        _note(
            call,
            step=business_pb2.BusinessKind.Name(message.header.kind),
            outcome=POSTED,
            employer_no=message.header.employer_no,
            registration_no=message.header.registration_no,
        )


def on_finished(call: Call, message: business_pb2.BusinessFinished) -> None:
    """Businesses of several services: those that were posted are known from their own events."""
    business = message.business
    if business.state != business_pb2.BUSINESS_STATE_REJECTED:
        return
    _note(
        call,
        step=business_pb2.BusinessKind.Name(business.kind),
        outcome=f"{REJECTED}:{reason_of(business.rejection)}",
        employer_no=business.employer_no,
        registration_no=business.registration_no,
    )


def _note(call: Call, *, step: str, outcome: str, employer_no: str, registration_no: str) -> None:
    append_entry(
        call.connection,
        AuditEntry(
            at=call.event.occurred_at,
            step=step.removeprefix("BUSINESS_KIND_").lower(),
            outcome=outcome,
            employer_no=employer_no,
            actor=call.event.source,
            registration_no=registration_no,
            digest=hashlib.sha256(call.event.body).hexdigest(),
        ),
    )
