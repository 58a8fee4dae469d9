"""Rules of one login: what may follow what, how often, how long."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.auth.domain.login import AttemptState, LoginAttempt
from services.auth.domain.policy import LoginPolicy, SmsPolicy
from services.auth.domain.sms_code import SmsHistory, check_may_send, is_code, mask_mobile
from services.kit.errors import DomainError

NOW = datetime(2025, 6, 2, 1, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
POLICY = LoginPolicy()
FRESH = LoginAttempt("a-1", AttemptState.CHALLENGED, b"challenge", NOW + timedelta(seconds=120))
SENT = FRESH.with_code(b"digest", binding_id=7, now=NOW, policy=POLICY)


def reason(error: DomainError | None) -> str:
    assert error is not None
    return error.reason.code


def test_a_challenge_may_be_answered_until_the_second_before_it_expires() -> None:
    FRESH.check_may_answer(NOW + timedelta(seconds=119))
    with pytest.raises(DomainError, match="ATTEMPT_OVER"):
        FRESH.check_may_answer(NOW + timedelta(seconds=120))


@pytest.mark.parametrize("state", [AttemptState.CODE_SENT, AttemptState.DONE, AttemptState.OVER])
def test_an_answered_challenge_may_not_be_answered_again(state: AttemptState) -> None:
    with pytest.raises(DomainError, match="ATTEMPT_OVER"):
        replace(FRESH, state=state).check_may_answer(NOW)


def test_the_right_code_in_time_ends_the_login() -> None:
    done, refusal = SENT.try_code(matches=True, now=NOW + 299 * SECOND, policy=POLICY)
    assert refusal is None
    assert (done.state, done.code_digest) == (AttemptState.DONE, b"")


def test_the_right_code_too_late_is_refused() -> None:
    late, refusal = SENT.try_code(matches=True, now=NOW + 300 * SECOND, policy=POLICY)
    assert reason(refusal) == "CODE_EXPIRED"
    assert late == SENT


def test_four_wrong_codes_leave_one_try_and_the_fifth_none() -> None:
    attempt = SENT
    left = []
    for _ in range(4):
        attempt, refusal = attempt.try_code(matches=False, now=NOW, policy=POLICY)
        assert refusal is not None
        left.append(refusal.facts["left"])
    assert left == ["4", "3", "2", "1"]
    attempt, refusal = attempt.try_code(matches=False, now=NOW, policy=POLICY)
    assert reason(refusal) == "CODE_TRIES_USED_UP"
    _, refusal = attempt.try_code(matches=True, now=NOW, policy=POLICY)
    assert reason(refusal) == "ATTEMPT_OVER"


def test_another_code_gives_no_new_tries() -> None:
    tried, _ = SENT.try_code(matches=False, now=NOW, policy=POLICY)
    again = tried.with_code(b"other", binding_id=7, now=NOW, policy=POLICY)
    assert (again.wrong_codes, again.codes_sent) == (1, 2)


def test_no_code_before_the_challenge_was_answered() -> None:
    _, refusal = FRESH.try_code(matches=True, now=NOW, policy=POLICY)
    assert reason(refusal) == "ATTEMPT_OVER"
    with pytest.raises(DomainError, match="ATTEMPT_OVER"):
        FRESH.check_may_resend(POLICY)


def test_five_codes_for_one_login_and_no_more() -> None:
    replace(SENT, codes_sent=4).check_may_resend(POLICY)
    with pytest.raises(DomainError, match="CODES_USED_UP"):
        replace(SENT, codes_sent=5).check_may_resend(POLICY)


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        (SmsHistory(None, 0, 0), ""),
        (SmsHistory(NOW - 60 * SECOND, 1, 1), ""),
        (SmsHistory(NOW - 59 * SECOND, 1, 1), "CODE_SENT_JUST_NOW"),
        (SmsHistory(NOW - timedelta(hours=1), 19, 199), ""),
        (SmsHistory(NOW - timedelta(hours=1), 20, 20), "SMS_DAY_LIMIT"),
        (SmsHistory(None, 0, 200), "SMS_DAY_LIMIT"),
    ],
)
def test_how_often_codes_are_sent(history: SmsHistory, expected: str) -> None:
    if not expected:
        check_may_send(history, now=NOW, policy=SmsPolicy())
        return
    with pytest.raises(DomainError, match=expected):
        check_may_send(history, now=NOW, policy=SmsPolicy())


def test_the_wait_is_told_in_whole_seconds_rounded_up() -> None:
    history = SmsHistory(NOW - timedelta(seconds=30, milliseconds=500), 1, 1)
    with pytest.raises(DomainError) as caught:
        check_may_send(history, now=NOW, policy=SmsPolicy())
    assert caught.value.facts["seconds"] == "30"
    assert "30 秒" in caught.value.zh


@pytest.mark.parametrize(
    ("text", "expected"),
    [("123456", True), ("000000", True), ("12345", False), ("1234567", False), ("12345a", False),
     ("１２３４５６", False), ("", False), ("12 456", False)],
)  # fmt: skip
def test_a_code_is_six_ascii_digits(text: str, expected: bool) -> None:
    assert is_code(text) is expected


@pytest.mark.parametrize(
    ("mobile", "shown"), [("13800001234", "138****1234"), ("1234", "****"), ("", "")]
)
def test_a_mobile_is_shown_masked(mobile: str, shown: str) -> None:
    assert mask_mobile(mobile) == shown
