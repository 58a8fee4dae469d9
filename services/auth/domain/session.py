"""Sessions: how long they last and what ends them early."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from services.auth.domain.policy import SessionPolicy


class SessionEnd(StrEnum):
    """Why a session is over before its time."""

    LOGOUT = "logout"
    REPLACED = "replaced"
    CERTIFICATE_LOST = "certificate_lost"
    CERTIFICATE_UNBOUND = "certificate_unbound"
    EMPLOYER_CLOSED = "employer_closed"
    REFRESH_REUSED = "refresh_reused"
    ACCESS_CHANGED = "access_changed"


@dataclass(frozen=True, slots=True)
class Session:
    """One agent's session. Refresh tokens are kept as digests; the last but one is remembered."""

    session_id: str
    employer_no: str
    binding_id: int
    opened_at: datetime
    idle_until: datetime
    ends_at: datetime
    refresh_digest: bytes
    spent_digest: bytes = b""
    address: str = ""
    ended_at: datetime | None = None
    end_reason: str = ""

    def is_open(self, now: datetime) -> bool:
        return self.ended_at is None and now < self.idle_until and now < self.ends_at

    def is_spent(self, digest: bytes) -> bool:
        """Whether a refresh token was already exchanged: one of its two users is a thief."""
        return bool(self.spent_digest) and hmac.compare_digest(self.spent_digest, digest)

    def refreshed(self, digest: bytes, *, now: datetime, policy: SessionPolicy) -> Session:
        """The session after its refresh token was exchanged for a new one."""
        return replace(
            self,
            refresh_digest=digest,
            spent_digest=self.refresh_digest,
            idle_until=min(now + policy.idle, self.ends_at),
        )

    def access_until(self, *, now: datetime, policy: SessionPolicy) -> datetime:
        """When an access token issued now expires: never after the session."""
        return min(now + policy.access_life, self.ends_at)


def open_session(
    *,
    session_id: str,
    employer_no: str,
    binding_id: int,
    digest: bytes,
    address: str,
    certificate_ends: datetime,
    now: datetime,
    policy: SessionPolicy,
) -> Session:
    """A new session; it does not outlive the certificate."""
    ends_at = min(now + policy.life, certificate_ends)
    return Session(
        session_id=session_id,
        employer_no=employer_no,
        binding_id=binding_id,
        opened_at=now,
        idle_until=min(now + policy.idle, ends_at),
        ends_at=ends_at,
        refresh_digest=digest,
        address=address,
    )
