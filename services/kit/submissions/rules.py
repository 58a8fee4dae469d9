"""Who may submit and who may decide, and for how long: pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.kit.errors import DomainError, fact
from services.kit.roles import Policy, Role
from services.kit.submissions.errors import (
    APPROVER_IS_SUBMITTER,
    APPROVER_ONLY,
    HANDLER_ONLY,
    SUBMISSION_DECIDED,
    SUBMISSION_EXPIRED,
)

#: A number that nobody approves any more in a morning; it keeps a program gone wild from filling the store.
WAITING_MAX = 200
#: A sentence, not a letter.
REASON_CHARS_MAX = 200


class State(StrEnum):
    """Of a submission that had to wait for approval."""

    WAITING = "waiting"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Standing:
    """What a decision depends on."""

    state: State
    submitted_certificate: str
    expires_at: datetime


def check_may_submit(roles: Collection[str], policies: Collection[str]) -> None:
    """Raises HANDLER_ONLY: where approval is wanted, who approves writes and submits nothing."""
    if Policy.APPROVAL in policies:
        check_handles(roles)


def check_approves(roles: Collection[str]) -> None:
    """Raises APPROVER_ONLY."""
    if Role.APPROVER not in roles:
        raise DomainError(APPROVER_ONLY)


def check_handles(roles: Collection[str]) -> None:
    """Raises HANDLER_ONLY."""
    if Role.HANDLER not in roles:
        raise DomainError(HANDLER_ONLY)


def check_may_decide(certificate: str, *, found: Standing, now: datetime) -> None:
    """Raises APPROVER_IS_SUBMITTER, SUBMISSION_DECIDED, SUBMISSION_EXPIRED."""
    if certificate == found.submitted_certificate:
        raise DomainError(APPROVER_IS_SUBMITTER)
    check_waits(found, now=now)


def check_waits(found: Standing, *, now: datetime) -> None:
    """Raises SUBMISSION_DECIDED, SUBMISSION_EXPIRED."""
    if found.state is State.EXPIRED or (found.state is State.WAITING and now >= found.expires_at):
        raise DomainError(SUBMISSION_EXPIRED)
    if found.state is not State.WAITING:
        raise fact(SUBMISSION_DECIDED, state=found.state)
