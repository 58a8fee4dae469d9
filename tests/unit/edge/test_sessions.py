"""Whose call it is: the token, its dates, and the sessions known to have ended."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from google.protobuf.timestamp_pb2 import Timestamp
from hpf.auth.v1.auth_events_pb2 import (
    SESSION_END_CERTIFICATE_LOST,
    SESSION_END_EMPLOYER_CLOSED,
    SESSION_END_LOGOUT,
    SessionEnded,
)
from hpf.auth.v1.auth_service_pb2 import ListEndedSessionsResponse

from services.edge.sessions import Sessions
from services.kit.access_tokens import AccessClaims, issue_access_token
from services.kit.clock import FixedClock
from services.kit.errors import SERVICE_UNAVAILABLE, DomainError
from services.kit.events import Event

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
KEY = Ed25519PrivateKey.generate()
CLAIMS = AccessClaims(
    session_id="session-1",
    employer_no="1000000000017",
    certificate="CN=CA/01",
    roles=("agent",),
    issued_at=NOW - timedelta(minutes=1),
    expires_at=NOW + timedelta(minutes=9),
)


class Auth:
    """Stands for auth's list of ended sessions, which can be out of reach."""

    def __init__(self, *ended: str, end: int = SESSION_END_LOGOUT) -> None:
        self.ended = ended
        self.end = end
        self.is_away = False

    async def load(self) -> ListEndedSessionsResponse:
        if self.is_away:
            raise DomainError(SERVICE_UNAVAILABLE)
        reply = ListEndedSessionsResponse()
        for session_id in self.ended:
            reply.sessions.add(session_id=session_id, forget_after=later(minutes=10), end=self.end)
        return reply


def later(**span: int) -> Timestamp:
    moment = Timestamp()
    moment.FromDatetime(NOW + timedelta(**span))
    return moment


async def sessions_knowing(auth: Auth, clock: FixedClock | None = None) -> Sessions:
    sessions = Sessions(KEY.public_key(), clock or FixedClock(NOW), auth.load)
    await sessions.on_connection(True)
    await asyncio.sleep(0.01)
    return sessions


def token(**changes: object) -> str:
    return issue_access_token(replace(CLAIMS, **changes), key=KEY)


def refusal(sessions: Sessions, sent: str, *, after_closing: bool = False) -> str:
    with pytest.raises(DomainError) as refused:
        sessions.principal_of(sent, address="192.0.2.9", after_closing=after_closing)
    return refused.value.reason.code


def ended_event(session_id: str, *, end: int = SESSION_END_LOGOUT) -> Event:
    message = SessionEnded(session_id=session_id, forget_after=later(minutes=10), end=end)
    return Event(
        event_id="1",
        type="hpf.auth.v1.SessionEnded",
        source="auth",
        subject="1000000000017",
        version=1,
        occurred_at=NOW,
        correlation_id="",
        causation_id="",
        traceparent="",
        body=message.SerializeToString(),
    )


async def test_principal_carries_what_the_token_says() -> None:
    sessions = await sessions_knowing(Auth())
    principal = sessions.principal_of(token(), address="192.0.2.9")
    assert principal.kind == "employer"
    assert principal.employer_no == "1000000000017"
    assert principal.session_id == "session-1"
    assert principal.certificate == "CN=CA/01"
    assert principal.roles == ("agent",)
    assert principal.address == "192.0.2.9"


async def test_token_is_good_until_the_moment_it_expires() -> None:
    clock = FixedClock(NOW + timedelta(minutes=9, seconds=-1))
    sessions = await sessions_knowing(Auth(), clock)
    assert sessions.principal_of(token(), address="").session_id == "session-1"
    clock.moment = NOW + timedelta(minutes=9)
    assert refusal(sessions, token()) == "SESSION_EXPIRED"


async def test_missing_and_foreign_tokens_are_told_apart() -> None:
    sessions = await sessions_knowing(Auth())
    foreign = issue_access_token(CLAIMS, key=Ed25519PrivateKey.generate())
    assert refusal(sessions, "") == "SESSION_REQUIRED"
    assert refusal(sessions, foreign) == "TOKEN_INVALID"


async def test_sessions_that_ended_before_are_loaded() -> None:
    sessions = await sessions_knowing(Auth("session-1"))
    assert refusal(sessions, token()) == "SESSION_ENDED"
    assert sessions.principal_of(token(session_id="session-2"), address="")


async def test_session_that_ends_is_refused_from_then_on() -> None:
    sessions = await sessions_knowing(Auth())
    sessions.hear(ended_event("session-1"))
    assert refusal(sessions, token()) == "SESSION_ENDED"


async def test_session_of_a_closed_employer_opens_what_is_for_after_closing_only() -> None:
    sessions = await sessions_knowing(Auth())
    sessions.hear(ended_event("session-1", end=SESSION_END_EMPLOYER_CLOSED))
    assert sessions.principal_of(token(), address="", after_closing=True)
    assert refusal(sessions, token()) == "EMPLOYER_GONE"


async def test_an_edge_that_starts_after_the_closing_lets_the_same_in() -> None:
    sessions = await sessions_knowing(Auth("session-1", end=SESSION_END_EMPLOYER_CLOSED))
    assert sessions.principal_of(token(), address="", after_closing=True)
    assert refusal(sessions, token()) == "EMPLOYER_GONE"


async def test_session_of_a_closed_employer_ends_with_its_token() -> None:
    clock = FixedClock(NOW)
    sessions = await sessions_knowing(Auth(), clock)
    sessions.hear(ended_event("session-1", end=SESSION_END_EMPLOYER_CLOSED))
    clock.moment = CLAIMS.expires_at
    assert refusal(sessions, token(), after_closing=True) == "SESSION_EXPIRED"


@pytest.mark.parametrize("end", [SESSION_END_LOGOUT, SESSION_END_CERTIFICATE_LOST])
async def test_session_that_ended_otherwise_opens_nothing(end: int) -> None:
    sessions = await sessions_knowing(Auth())
    sessions.hear(ended_event("session-1", end=SESSION_END_EMPLOYER_CLOSED))
    sessions.hear(ended_event("session-1", end=end))
    assert refusal(sessions, token(), after_closing=True) == "SESSION_ENDED"


async def test_no_session_is_taken_before_the_ended_ones_are_known() -> None:
    auth = Auth()
    auth.is_away = True
    sessions = await sessions_knowing(auth)
    assert refusal(sessions, token()) == "SERVICE_UNAVAILABLE"


async def test_after_a_lost_connection_the_ended_ones_are_loaded_again() -> None:
    auth = Auth()
    sessions = await sessions_knowing(auth)
    await sessions.on_connection(False)
    assert refusal(sessions, token()) == "SERVICE_UNAVAILABLE"
    auth.ended = ("session-1",)  # ended while nothing could be heard
    await sessions.on_connection(True)
    await asyncio.sleep(0.01)
    assert refusal(sessions, token()) == "SESSION_ENDED"
