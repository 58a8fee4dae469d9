"""What the owners say of submissions and businesses goes into the audit trail, all of it through `_note`.

Of a submission: what became of it, by which session and certificate, and the digest of its canonical form. Of a
business that was posted or rejected: the digest of the event that says so. The owners keep events and evidence for
ever; whoever changes one of them afterwards no longer fits the chain kept here.
"""

from __future__ import annotations

import hashlib
from typing import Any

from hpf.common.v1 import business_pb2, submission_events_pb2

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
            step=_kind(message.header.kind),
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
        step=_kind(business.kind),
        outcome=f"{REJECTED}:{reason_of(business.rejection)}",
        employer_no=business.employer_no,
        registration_no=business.registration_no,
    )


def on_noted(call: Call, message: submission_events_pb2.SubmissionNoted) -> None:
    """A submission: accepted, waiting, approved, rejected, withdrawn, expired, or refused for a reason."""
    outcome = submission_events_pb2.SubmissionOutcome.Name(message.outcome)
    said = outcome.removeprefix("SUBMISSION_OUTCOME_").lower()
    _note(
        call,
        step=message.method.rpartition("/")[2],
        outcome=f"{said}:{message.reason}" if message.reason else said,
        employer_no=call.event.subject,
        registration_no=message.registration_no or message.waiting_no,
        session_id=message.session_id,
        certificate=message.certificate,
        address=message.address,
        digest=message.digest,
    )


def _kind(kind: business_pb2.BusinessKind) -> str:
    return business_pb2.BusinessKind.Name(kind).removeprefix("BUSINESS_KIND_").lower()


def _note(
    call: Call,
    *,
    step: str,
    outcome: str,
    employer_no: str,
    registration_no: str,
    session_id: str = "",
    certificate: str = "",
    address: str = "",
    digest: str | None = None,
) -> None:
    """`digest` is that of the event when a submission does not bring its own."""
    append_entry(
        call.connection,
        AuditEntry(
            at=call.event.occurred_at,
            step=step,
            outcome=outcome,
            session_id=session_id,
            employer_no=employer_no,
            certificate=certificate,
            address=address,
            actor=call.event.source,
            registration_no=registration_no,
            digest=hashlib.sha256(call.event.body).hexdigest() if digest is None else digest,
        ),
        vault=call.vault,
    )
