"""Sessions: renewed, idle, replaced, ended by logout, loss and closing (manual §2, §3)."""

from __future__ import annotations

from typing import Any

import pytest
from hpf.auth.v1 import auth_events_pb2 as events
from hpf.auth.v1 import auth_service_pb2 as pb

from services.kit.app import Principal

STAFF = Principal(kind="staff", name="wang")


def refusal(call: Any) -> str:
    with pytest.raises(Exception) as caught:
        call()
    return str(caught.value)


def refresh(door: Any, token: str) -> Any:
    return door.call("RefreshSession", pb.RefreshSessionRequest(refresh_token=token)).session


def ended(door: Any) -> list[tuple[str, int]]:
    return [
        (event.session_id, event.end)
        for event in door.events()
        if isinstance(event, events.SessionEnded)
    ]


def test_a_refresh_gives_both_tokens_anew(door: Any) -> None:
    session = door.log_in()
    door.pass_time(minutes=9)
    renewed = refresh(door, session.refresh_token)
    assert renewed.session_id == session.session_id
    assert renewed.refresh_token != session.refresh_token
    assert renewed.access_expires_at.seconds - session.access_expires_at.seconds == 9 * 60


def test_a_refresh_token_used_twice_ends_the_session(door: Any) -> None:
    session = door.log_in()
    renewed = refresh(door, session.refresh_token)
    assert refusal(lambda: refresh(door, session.refresh_token)) == "SESSION_OVER"
    assert refusal(lambda: refresh(door, renewed.refresh_token)) == "SESSION_OVER"
    assert ended(door) == [(session.session_id, events.SESSION_END_TOKEN_REUSED)]


def test_an_idle_session_is_over(door: Any) -> None:
    session = door.log_in()
    door.pass_time(minutes=30)
    assert refusal(lambda: refresh(door, session.refresh_token)) == "SESSION_OVER"


def test_a_session_is_over_after_twelve_hours_however_busy(door: Any) -> None:
    session = door.log_in()
    for _ in range(12 * 3 - 1):
        door.pass_time(minutes=20)
        session = refresh(door, session.refresh_token)
    door.pass_time(minutes=20)
    assert refusal(lambda: refresh(door, session.refresh_token)) == "SESSION_OVER"


def test_a_forged_refresh_token_is_refused(door: Any) -> None:
    door.log_in()
    assert refusal(lambda: refresh(door, "A" * 43)) == "SESSION_OVER"


def test_get_session_shows_no_tokens(door: Any) -> None:
    session = door.log_in()
    shown = door.call("GetSession", pb.GetSessionRequest(), door.agent(session)).session
    assert shown.session_id == session.session_id
    assert (shown.access_token, shown.refresh_token) == ("", "")


def test_get_session_of_another_employer_is_refused(door: Any) -> None:
    session = door.log_in()
    stranger = Principal(kind="employer", employer_no="999", session_id=session.session_id)
    assert refusal(lambda: door.call("GetSession", pb.GetSessionRequest(), stranger)) == (
        "SESSION_OVER"
    )


def test_logout_ends_the_session_and_tells_the_edge(door: Any) -> None:
    session = door.log_in()
    door.call("Logout", pb.LogoutRequest(), door.agent(session))
    assert refusal(lambda: refresh(door, session.refresh_token)) == "SESSION_OVER"
    assert ended(door) == [(session.session_id, events.SESSION_END_LOGOUT)]
    listed = door.call("ListEndedSessions", pb.ListEndedSessionsRequest(), STAFF).sessions
    assert [each.session_id for each in listed] == [session.session_id]
    door.pass_time(minutes=10, seconds=1)
    assert not door.call("ListEndedSessions", pb.ListEndedSessionsRequest(), STAFF).sessions


def test_logout_cannot_end_the_session_of_another_employer(door: Any) -> None:
    session = door.log_in()
    stranger = Principal(kind="employer", employer_no="999", session_id=session.session_id)
    door.call("Logout", pb.LogoutRequest(), stranger)
    assert ended(door) == []
    refresh(door, session.refresh_token)


def test_a_new_login_replaces_the_old_session_of_the_certificate(door: Any) -> None:
    first = door.log_in()
    door.pass_time(seconds=60)
    second = door.log_in()
    assert ended(door) == [(first.session_id, events.SESSION_END_REPLACED)]
    refresh(door, second.refresh_token)


def test_a_reported_loss_ends_the_sessions_and_shuts_the_certificate_out(door: Any) -> None:
    session = door.log_in()
    bound = door.call("ListBindings", pb.ListBindingsRequest(), STAFF).bindings[0]
    request = pb.ReportLossRequest(issuer=bound.issuer, serial=bound.serial.upper())
    reported = door.call("ReportLoss", request, STAFF)
    assert (reported.ended_sessions, reported.binding.end_reason) == (1, "lost")
    assert ended(door) == [(session.session_id, events.SESSION_END_CERTIFICATE_LOST)]
    door.pass_time(seconds=60)
    assert refusal(door.answer) == "LOGIN_REFUSED"
    assert refusal(door.bind) == "CERTIFICATE_WAS_LOST"


def test_a_loss_reported_between_answer_and_code_stops_the_login(door: Any) -> None:
    attempt_id, _ = door.answer()
    code = door.code()
    bound = door.call("ListBindings", pb.ListBindingsRequest(), STAFF).bindings[0]
    door.call("ReportLoss", pb.ReportLossRequest(issuer=bound.issuer, serial=bound.serial), STAFF)
    assert refusal(lambda: door.confirm(attempt_id, code)) == "ATTEMPT_OVER"


def test_closing_the_employer_ends_its_sessions(door: Any) -> None:
    session = door.log_in()
    door.register(status="04")
    assert ended(door) == [(session.session_id, events.SESSION_END_EMPLOYER_CLOSED)]
