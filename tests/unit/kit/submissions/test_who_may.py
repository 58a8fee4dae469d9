"""Who submits, who decides, and how long something waits."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.kit.errors import DomainError
from services.kit.submissions import rules
from services.kit.submissions.rules import Standing, State

NOW = datetime(2019, 9, 20, tzinfo=UTC)
FOUND = Standing(State.WAITING, "CN=CA#handler", NOW + timedelta(days=7))
APPROVAL = ("approval_required",)


def deciding(
    found: Standing = FOUND,
    *,
    roles: tuple[str, ...] = ("approver",),
    certificate: str = "CN=CA#approver",
    now: datetime = NOW,
) -> str:
    try:
        rules.check_may_decide(roles, certificate, found=found, now=now)
    except DomainError as refused:
        return refused.reason.code
    return ""


def withdrawing(roles: tuple[str, ...], found: Standing = FOUND) -> str:
    try:
        rules.check_may_withdraw(roles, found=found, now=NOW)
    except DomainError as refused:
        return refused.reason.code
    return ""


def test_without_approval_every_key_submits() -> None:
    for roles in ((), ("handler",), ("approver",)):
        rules.check_may_submit(roles, ("signature_required",))


def test_with_approval_only_handlers_submit() -> None:
    rules.check_may_submit(("handler",), APPROVAL)
    for roles in ((), ("approver",)):
        with pytest.raises(DomainError, match="HANDLER_ONLY"):
            rules.check_may_submit(roles, APPROVAL)


def test_an_approver_with_another_certificate_decides() -> None:
    assert deciding() == ""
    assert deciding(certificate="CN=CA#handler") == "APPROVER_IS_SUBMITTER"
    assert deciding(roles=("handler",)) == "APPROVER_ONLY"
    assert deciding(roles=()) == "APPROVER_ONLY"


@pytest.mark.parametrize("state", [State.APPROVED, State.REJECTED, State.WITHDRAWN])
def test_what_was_decided_is_not_decided_again(state: State) -> None:
    assert deciding(replace(FOUND, state=state)) == "SUBMISSION_DECIDED"
    assert withdrawing(("handler",), replace(FOUND, state=state)) == "SUBMISSION_DECIDED"


def test_it_waits_until_the_moment_it_expires_and_not_then() -> None:
    just = FOUND.expires_at - timedelta(microseconds=1)
    assert deciding(now=just) == ""
    assert deciding(now=FOUND.expires_at) == "SUBMISSION_EXPIRED"
    assert deciding(replace(FOUND, state=State.EXPIRED)) == "SUBMISSION_EXPIRED"


def test_handlers_withdraw() -> None:
    assert withdrawing(("handler",)) == ""
    assert withdrawing(("approver",)) == "HANDLER_ONLY"
