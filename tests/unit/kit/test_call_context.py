"""Who calls travels beside every call: nobody is ever taken for somebody else."""

from __future__ import annotations

import base64
import json
from dataclasses import fields, replace
from datetime import UTC, datetime

import pytest

from services.kit.app import CallContext, Principal
from services.kit.bus import PRINCIPAL, context_from, context_headers

AGENT = Principal(
    kind="employer",
    employer_no="1000000000017",
    name="",
    session_id="session",
    certificate="CN=CA/01",
    roles=("handler",),
    address="10.0.0.7",
    certificate_sha256="ab" * 32,
    policies=("signed",),
)


def arrived(principal: Principal) -> Principal:
    return context_from(context_headers(CallContext(principal, "ref"))).principal


@pytest.mark.parametrize("name", [each.name for each in fields(Principal)])
def test_callers_that_differ_in_one_thing_stay_apart(name: str) -> None:
    value = getattr(AGENT, name)
    other = replace(AGENT, **{name: (*value, "other") if isinstance(value, tuple) else "other"})
    assert [arrived(AGENT), arrived(other), arrived(AGENT)] == [AGENT, other, AGENT]


def test_reference_trace_and_deadline_are_each_calls_own() -> None:
    deadline = datetime(2019, 9, 20, 2, tzinfo=UTC)
    first = CallContext(AGENT, "one", "00-trace-1", deadline)
    second = CallContext(AGENT, "two", "00-trace-2")
    assert context_from(context_headers(first)) == first
    assert context_from(context_headers(second)) == second


@pytest.mark.parametrize(
    "header",
    [
        None,
        7,
        "not base64!",
        base64.b64encode(b"[]").decode(),
        base64.b64encode(json.dumps({"kind": "staff", "rank": "high"}).encode()).decode(),
    ],
)
def test_unreadable_caller_is_nobody(header: object) -> None:
    assert context_from({PRINCIPAL: header}).principal == Principal()
    assert context_from({}).principal == Principal()
