"""Who submits, who decides, and how long something waits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.kit.errors import DomainError
from services.kit.submissions import rules
from services.kit.submissions.rules import Standing, State

NOW = datetime(2019, 9, 20, tzinfo=UTC)
FOUND = Standing(State.WAITING, "CN=CA#handler", NOW + timedelta(days=7))
APPROVAL = ("approval_required",)


def refusal(work: Callable[[], None]) -> str:
    try:
        work()
    except DomainError as refused:
        return refused.reason.code
    return ""


def deciding(
    found: Standing = FOUND, *, certificate: str = "CN=CA#approver", now: datetime = NOW
) -> str:
    return refusal(lambda: rules.check_may_decide(certificate, found=found, now=now))


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


def test_each_role_does_its_own() -> None:
    for roles, approves, handles in (
        (("approver",), "", "HANDLER_ONLY"),
        (("handler",), "APPROVER_ONLY", ""),
        ((), "APPROVER_ONLY", "HANDLER_ONLY"),
    ):
        assert refusal(lambda given=roles: rules.check_approves(given)) == approves
        assert refusal(lambda given=roles: rules.check_handles(given)) == handles


@pytest.mark.parametrize("state", [State.APPROVED, State.REJECTED, State.WITHDRAWN])
def test_what_was_decided_is_not_decided_again(state: State) -> None:
    assert deciding(replace(FOUND, state=state)) == "SUBMISSION_DECIDED"
    ended = replace(FOUND, state=state)
    assert refusal(lambda: rules.check_waits(ended, now=NOW)) == "SUBMISSION_DECIDED"


def test_it_waits_until_the_moment_it_expires_and_not_then() -> None:
    just = FOUND.expires_at - timedelta(microseconds=1)
    assert deciding(now=just) == ""
    assert deciding(now=FOUND.expires_at) == "SUBMISSION_EXPIRED"
    assert deciding(replace(FOUND, state=State.EXPIRED)) == "SUBMISSION_EXPIRED"
