"""Logging in with certificate, challenge and SMS code (manual §3)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hpf.auth.v1 import auth_service_pb2 as pb

from deploy.demo_ca import make_usb_key
from services.kit.access_tokens import verify_access_token
from services.kit.app import Principal

STAFF = Principal(kind="staff", name="wang")


def refusal(call: Any) -> str:
    """The reason that the call is refused with."""
    with pytest.raises(Exception) as caught:
        call()
    return str(caught.value)


def verified(door: Any) -> tuple[int, int]:
    """Intact entries of the audit trail, and the first that does not fit."""
    found = door.call("VerifyAuditTrail", pb.VerifyAuditTrailRequest(), STAFF)
    return found.intact_entries, found.first_broken


def test_a_login_ends_with_a_session_of_the_bound_employer(door: Any) -> None:
    attempt_id, answered = door.answer()
    assert answered.masked_mobile == "138****1234"
    session = door.confirm(attempt_id, door.code())
    assert (session.employer_no, session.employer_name) == ("10010001", "测试单位")
    assert session.agent_name == "王经办"
    claims = verify_access_token(session.access_token, key=door.public_key, now=door.clock.now())
    assert (claims.employer_no, claims.session_id) == ("10010001", session.session_id)
    assert claims.expires_at == door.clock.now() + timedelta(minutes=10)
    assert session.ends_at.ToDatetime() == (door.clock.now() + timedelta(hours=12)).replace(
        tzinfo=None
    )


def test_the_code_goes_to_the_mobile_on_file_and_is_not_kept(door: Any) -> None:
    door.answer()
    [message] = door.messages()
    assert message["mobile"] == "13800001234"
    assert "5分钟内有效" in message["text"]
    assert door.rows("SELECT message_sealed FROM sms_order")[0][0] is None


def test_a_new_mobile_on_file_is_used_from_the_next_login(door: Any) -> None:
    door.register(mobile="13900005678")
    _, answered = door.answer()
    assert answered.masked_mobile == "139****5678"


def test_a_challenge_is_answered_once_only(door: Any) -> None:
    started = door.call("StartLogin", pb.StartLoginRequest())
    request = door.signed(started)
    door.call("AnswerChallenge", request)
    request.request_id = "another-request"
    assert refusal(lambda: door.call("AnswerChallenge", request)) == "ATTEMPT_OVER"


def test_a_bad_answer_uses_up_the_challenge(door: Any) -> None:
    started = door.call("StartLogin", pb.StartLoginRequest())
    good = door.signed(started)
    bad = pb.AnswerChallengeRequest()
    bad.CopyFrom(good)
    bad.signature = bytes([bad.signature[0] ^ 1]) + bad.signature[1:]
    assert refusal(lambda: door.call("AnswerChallenge", bad)) == "LOGIN_REFUSED"
    assert refusal(lambda: door.call("AnswerChallenge", good)) == "ATTEMPT_OVER"


def test_a_signature_of_another_attempt_is_refused(door: Any) -> None:
    first = door.call("StartLogin", pb.StartLoginRequest())
    second = door.call("StartLogin", pb.StartLoginRequest())
    replayed = door.signed(first)
    replayed.attempt_id = second.attempt_id
    assert refusal(lambda: door.call("AnswerChallenge", replayed)) == "LOGIN_REFUSED"


def test_a_challenge_expires(door: Any) -> None:
    started = door.call("StartLogin", pb.StartLoginRequest())
    request = door.signed(started)
    door.pass_time(seconds=120)
    assert refusal(lambda: door.call("AnswerChallenge", request)) == "ATTEMPT_OVER"


def test_the_same_request_sent_twice_sends_one_code(door: Any) -> None:
    started = door.call("StartLogin", pb.StartLoginRequest())
    request = door.signed(started)
    first = door.call("AnswerChallenge", request)
    assert door.call("AnswerChallenge", request) == first
    assert len(door.messages()) == 1


def test_a_wrong_code_is_counted_and_the_fifth_ends_the_login(door: Any) -> None:
    attempt_id, _ = door.answer()
    code = door.code()
    wrong = "000000" if code != "000000" else "000001"
    reasons = [refusal(lambda: door.confirm(attempt_id, wrong)) for _ in range(5)]
    assert reasons == ["CODE_WRONG"] * 4 + ["CODE_TRIES_USED_UP"]
    assert refusal(lambda: door.confirm(attempt_id, code)) == "ATTEMPT_OVER"


def test_a_code_opens_one_session_only(door: Any) -> None:
    attempt_id, _ = door.answer()
    code = door.code()
    door.confirm(attempt_id, code)
    assert refusal(lambda: door.confirm(attempt_id, code)) == "ATTEMPT_OVER"


def test_a_code_of_another_attempt_is_wrong(door: Any) -> None:
    door.answer()
    first_code = door.code()
    door.pass_time(seconds=60)
    second, _ = door.answer()
    if door.code() != first_code:
        assert refusal(lambda: door.confirm(second, first_code)) == "CODE_WRONG"


def test_a_code_expires(door: Any) -> None:
    attempt_id, _ = door.answer()
    code = door.code()
    door.pass_time(minutes=5)
    assert refusal(lambda: door.confirm(attempt_id, code)) == "CODE_EXPIRED"


def test_another_code_only_after_a_minute_and_then_the_first_is_void(door: Any) -> None:
    attempt_id, _ = door.answer()
    first = door.code()
    again = pb.ResendCodeRequest(attempt_id=attempt_id)
    assert refusal(lambda: door.call("ResendCode", again)) == "CODE_SENT_JUST_NOW"
    door.pass_time(seconds=60)
    again = pb.ResendCodeRequest(attempt_id=attempt_id)
    assert door.call("ResendCode", again).masked_mobile == "138****1234"
    second = door.code()
    if first != second:
        assert refusal(lambda: door.confirm(attempt_id, first)) == "CODE_WRONG"
    assert door.confirm(attempt_id, second).employer_no == "10010001"


def test_two_logins_within_a_minute_send_one_code(door: Any) -> None:
    door.answer()
    assert refusal(door.answer) == "CODE_SENT_JUST_NOW"
    assert len(door.messages()) == 1


def test_codes_to_one_number_are_capped_by_day(door: Any) -> None:
    for _ in range(20):
        door.answer()
        door.pass_time(seconds=60)
    assert refusal(door.answer) == "SMS_DAY_LIMIT"
    door.pass_time(days=1)
    door.answer()


def test_an_unbound_certificate_learns_nothing(door: Any) -> None:
    key = make_usb_key(
        door.pki,
        name="别的单位",
        uscc="91130701MA0ZZZZZ1X",
        label="unbound",
        now=door.clock.now() - timedelta(days=1),
    )
    assert refusal(lambda: door.answer(key)) == "LOGIN_REFUSED"


def test_an_employer_whose_uscc_changed_is_refused(door: Any) -> None:
    door.register(uscc="91130701MA0YYYYY1X")
    assert refusal(door.answer) == "LOGIN_REFUSED"


def test_a_closed_employer_is_refused(door: Any) -> None:
    door.register(status="04")
    assert refusal(door.answer) == "LOGIN_REFUSED"


def test_an_employer_without_mobile_is_told_so(door: Any) -> None:
    door.register(mobile="")
    assert refusal(door.answer) == "MOBILE_NOT_ON_FILE"


def test_an_expired_certificate_is_refused(door: Any) -> None:
    key = make_usb_key(
        door.pki,
        name="测试单位",
        uscc="91130701MA0ABCDE1X",
        label="short",
        now=door.clock.now() - timedelta(days=1),
        not_after=door.clock.now() + timedelta(days=1),
    )
    door.pass_time(days=1, seconds=1)
    assert refusal(lambda: door.answer(key)) == "CERTIFICATE_EXPIRED"


def test_every_step_is_in_the_audit_trail_and_a_changed_row_breaks_it(door: Any) -> None:
    session = door.log_in()
    door.call("Logout", pb.LogoutRequest(), door.agent(session))
    steps = door.rows("SELECT step, outcome, employer_no FROM audit_entry ORDER BY position")
    assert [tuple(row) for row in steps] == [
        ("bind", "ok:handler", "10010001"),
        ("answer", "ok", "10010001"),
        ("confirm", "ok", "10010001"),
        ("logout", "ok", "10010001"),
    ]
    assert verified(door) == (4, 0)
    door.tamper("UPDATE audit_entry SET outcome = 'refused' WHERE position = 3")
    assert verified(door) == (2, 3)


def test_refused_steps_are_in_the_audit_trail_with_their_cause(door: Any) -> None:
    door.register(status="04")
    refusal(door.answer)
    [row] = door.rows("SELECT outcome FROM audit_entry ORDER BY position DESC LIMIT 1")
    assert row.outcome == "LOGIN_REFUSED:employer closed"
