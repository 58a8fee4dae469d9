"""Which certificate may log in for which employer, and when a renewed one takes over (manual §10)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.auth.certificates.verdict import CertificateFacts, CheckReason, Outcome, Verdict
from services.auth.domain.policy import LoginPolicy
from services.auth.errors import (
    CERTIFICATE_EXPIRED,
    CERTIFICATE_REFUSED,
    CERTIFICATE_REVOKED,
    CERTIFICATE_UNDECIDED,
)
from services.kit.errors import DomainError, fact
from services.kit.roles import Role

EMPLOYER_CLOSED = "04"


class BindingEnd(StrEnum):
    """Why a binding does not hold any more."""

    UNBOUND = "unbound"
    LOST = "lost"
    RENEWED = "renewed"


@dataclass(frozen=True, slots=True)
class Binding:
    """A certificate of an employer. (issuer, serial) is its identity. A holder of its own is sealed; without one the
    key is the agent's on file."""

    binding_id: int
    employer_no: str
    authority: str
    issuer: str
    serial_number: str
    fingerprint: str
    uscc: str
    not_before: datetime
    not_after: datetime
    bound_at: datetime
    ended_at: datetime | None = None
    end_reason: str = ""
    role: Role = Role.HANDLER
    subject_digest: str = ""
    holder_name_sealed: bytes = b""
    holder_mobile_sealed: bytes = b""

    @property
    def certificate(self) -> str:
        """How sessions and the audit trail name it."""
        return f"{self.issuer}#{self.serial_number}"


@dataclass(frozen=True, slots=True)
class EmployerFile:
    """What auth knows of an employer, kept up by collection's events. The mobile is sealed."""

    employer_no: str
    name: str
    uscc: str
    agent_name: str
    agent_mobile_sealed: bytes
    status: str

    @property
    def is_closed(self) -> bool:
        return self.status == EMPLOYER_CLOSED


def refusal_of(verdict: Verdict) -> DomainError:
    """What the holder is told of a certificate that was not accepted."""
    if verdict.outcome is Outcome.REVOKED:
        return DomainError(CERTIFICATE_REVOKED)
    if verdict.outcome is Outcome.UNDECIDED:
        return DomainError(CERTIFICATE_UNDECIDED)
    if verdict.reason is CheckReason.EXPIRED:
        return DomainError(CERTIFICATE_EXPIRED)
    return fact(CERTIFICATE_REFUSED, why=str(verdict.reason))


def takes_over(
    renewed: CertificateFacts,
    *,
    authority: str,
    bindings: Iterable[Binding],
    now: datetime,
    policy: LoginPolicy,
) -> Binding | None:
    """The binding that a certificate not yet known continues, or None.

    Same CA, same uscc, ends later, and the old one ends soon or has ended: otherwise a second key
    would silently shut out the first. Lost and unbound ones have no successor. Where an employer has
    keys of both roles the subject must be the same too, and of one role only: nobody becomes their own
    approver by renewing a key; what stays unclear is bound by staff.
    """
    mine = [
        each
        for each in bindings
        if each.ended_at is None
        and renewed.uscc is not None
        and (each.authority, each.uscc) == (authority, renewed.uscc)
    ]
    if len({each.role for each in mine}) > 1:
        mine = [each for each in mine if each.subject_digest == renewed.subject_digest]
        if len({each.role for each in mine}) > 1:
            return None
    for old in mine:
        if renewed.not_after > old.not_after and old.not_after - now <= policy.renewal_window:
            return old
    return None
