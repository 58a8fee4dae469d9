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

EMPLOYER_CLOSED = "04"


class BindingEnd(StrEnum):
    """Why a binding does not hold any more."""

    UNBOUND = "unbound"
    LOST = "lost"
    RENEWED = "renewed"


@dataclass(frozen=True, slots=True)
class Binding:
    """A certificate of an employer. (issuer, serial) is its identity."""

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
    would silently shut out the first. Lost and unbound ones have no successor.
    """
    for old in bindings:
        if old.ended_at is not None or renewed.uscc is None:
            continue
        same_holder = (old.authority, old.uscc) == (authority, renewed.uscc)
        if (
            same_holder
            and renewed.not_after > old.not_after
            and old.not_after - now <= policy.renewal_window
        ):
            return old
    return None
