"""Writing a step into the audit trail, from whatever a handler knows."""

from __future__ import annotations

from services.auth.domain.audit import AuditEntry
from services.auth.store.audit import append_entry
from services.kit.app import Call
from services.kit.errors import DomainError

OK = "ok"


def audit(
    call: Call,
    step: str,
    *,
    refusal: DomainError | None = None,
    cause: str = "",
    attempt_id: str = "",
    session_id: str = "",
    employer_no: str = "",
    certificate: str = "",
) -> None:
    """One step and how it went. `cause` says more than the caller is told. Call it last."""
    outcome = OK if refusal is None else refusal.reason.code
    append_entry(
        call.connection,
        AuditEntry(
            at=call.now,
            step=step,
            outcome=f"{outcome}:{cause}" if cause else outcome,
            attempt_id=attempt_id,
            session_id=session_id,
            employer_no=employer_no,
            certificate=certificate,
            address=call.principal.address,
            actor=call.principal.name,
        ),
        vault=call.vault,
    )


def refused(
    call: Call,
    step: str,
    refusal: DomainError,
    *,
    cause: str = "",
    attempt_id: str = "",
    session_id: str = "",
    employer_no: str = "",
    certificate: str = "",
) -> DomainError:
    """Write the refusal and hand it back for the handler to return (what it wrote is kept)."""
    audit(
        call,
        step,
        refusal=refusal,
        cause=cause,
        attempt_id=attempt_id,
        session_id=session_id,
        employer_no=employer_no,
        certificate=certificate,
    )
    return refusal
