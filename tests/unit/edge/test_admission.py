"""The checks in their order: deadline, session, authorisation, rate limit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hpf.auth.v1.auth_service_pb2 import ListEndedSessionsResponse

from services.edge.admission import Admission
from services.edge.arrival import Arrival
from services.edge.routes import Route, declared_routes
from services.edge.sessions import Sessions
from services.edge.settings import EdgeSettings
from services.kit.clock import FixedClock
from services.kit.errors import DomainError

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
ROUTES = {route.method: route for route in declared_routes()}


async def nothing_ended() -> ListEndedSessionsResponse:
    return ListEndedSessionsResponse()


def admission(**settings: object) -> Admission:
    chosen = {"insecure": True, "session_public_key_file": Path("/nowhere")} | settings
    clock = FixedClock(NOW)
    sessions = Sessions(Ed25519PrivateKey.generate().public_key(), clock, nothing_ended)
    return Admission(EdgeSettings(**chosen), sessions, clock, monotonic_s=lambda: 0.0)


def arrival(time_remaining_s: float | None = None, peer: str = "192.0.2.9") -> Arrival:
    return Arrival("ref", "trace", peer, time_remaining_s, {})


def refusal(edge: Admission, route: Route, call: Arrival) -> str:
    with pytest.raises(DomainError) as refused:
        edge.admit(route, call)
    return refused.value.reason.code


@pytest.mark.parametrize(
    ("remaining_s", "allowed_s"), [(None, 30), (10.0, 10), (30.0, 30), (3600.0, 30)]
)
def test_deadline_is_the_callers_and_never_more_than_thirty_seconds(
    remaining_s: float | None, allowed_s: int
) -> None:
    context = admission().admit(ROUTES["StartLogin"], arrival(remaining_s))
    assert context.deadline == NOW + timedelta(seconds=allowed_s)


def test_passed_deadline_is_refused_first() -> None:
    assert refusal(admission(), ROUTES["GetEmployer"], arrival(0.0)) == "DEADLINE_PASSED"


def test_context_carries_reference_trace_and_address() -> None:
    context = admission().admit(ROUTES["StartLogin"], arrival())
    assert (context.request_ref, context.traceparent) == ("ref", "trace")
    assert (context.principal.kind, context.principal.address) == ("public", "192.0.2.9")
    assert context.principal.employer_no == ""


def test_employer_method_needs_a_session() -> None:
    assert refusal(admission(), ROUTES["GetEmployer"], arrival()) == "SESSION_REQUIRED"


def test_staff_method_is_refused_even_if_it_were_routed() -> None:
    assert refusal(admission(), ROUTES["BindCertificate"], arrival()) == "NOT_ALLOWED"


def test_public_calls_are_limited_by_address() -> None:
    edge = admission(public_burst=2)
    for _ in range(2):
        edge.admit(ROUTES["StartLogin"], arrival())
    assert refusal(edge, ROUTES["StartLogin"], arrival()) == "TOO_MANY_CALLS"
    assert edge.admit(ROUTES["StartLogin"], arrival(peer="192.0.2.10"))
