"""Which renewed certificate takes over, how long a session lasts, how the audit trail is chained."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.auth.certificates.verdict import CertificateFacts, CheckReason, Outcome, Verdict
from services.auth.challenge import NONCE_BYTES, challenge_bytes
from services.auth.domain.audit import GENESIS, AuditEntry, chain_text
from services.auth.domain.binding import Binding, refusal_of, takes_over
from services.auth.domain.policy import LoginPolicy, SessionPolicy
from services.auth.domain.session import open_session
from services.auth.errors import __dict__ as every_reason
from services.kit.errors import Reason

NOW = datetime(2025, 6, 2, tzinfo=UTC)
DAY = timedelta(days=1)
USCC = "91130701MA0ABCDE1X"
OLD = Binding(
    1, "1001", "河北CA", "CN=CA", "1a", "f" * 64, USCC, NOW - 300 * DAY, NOW + 60 * DAY, NOW
)
NEW = CertificateFacts("e" * 64, "CN=CA", "2b", "d" * 64, NOW - DAY, NOW + 400 * DAY, USCC)


def successor_of(
    old: Binding = OLD, new: CertificateFacts = NEW, authority: str = "河北CA"
) -> Binding | None:
    return takes_over(new, authority=authority, bindings=[old], now=NOW, policy=LoginPolicy())


def test_a_renewed_certificate_continues_the_binding_near_its_end() -> None:
    assert successor_of() is OLD


@pytest.mark.parametrize("days", [90, 0, -5])
def test_it_does_so_from_ninety_days_before_the_end_and_after_it(days: int) -> None:
    assert successor_of(replace(OLD, not_after=NOW + days * DAY)) is not None


def test_it_does_not_ninety_one_days_before_the_end() -> None:
    assert successor_of(replace(OLD, not_after=NOW + 91 * DAY)) is None


def test_another_ca_takes_nothing_over() -> None:
    assert successor_of(authority="别的CA") is None


def test_another_holder_takes_nothing_over() -> None:
    assert successor_of(new=replace(NEW, uscc="91130701MA0ZZZZZ1X")) is None
    assert successor_of(new=replace(NEW, uscc=None)) is None


def test_a_certificate_that_ends_earlier_takes_nothing_over() -> None:
    assert successor_of(new=replace(NEW, not_after=OLD.not_after)) is None


def test_an_ended_binding_has_no_successor() -> None:
    assert successor_of(replace(OLD, ended_at=NOW, end_reason="lost")) is None


@pytest.mark.parametrize(
    ("outcome", "reason", "expected"),
    [
        (Outcome.REVOKED, CheckReason.REVOKED, "CERTIFICATE_REVOKED"),
        (Outcome.UNDECIDED, CheckReason.REVOCATION_STALE, "CERTIFICATE_UNDECIDED"),
        (Outcome.REFUSED, CheckReason.EXPIRED, "CERTIFICATE_EXPIRED"),
        (Outcome.REFUSED, CheckReason.WEAK_KEY, "CERTIFICATE_REFUSED"),
    ],
)
def test_what_the_holder_is_told(outcome: Outcome, reason: CheckReason, expected: str) -> None:
    assert refusal_of(Verdict(outcome, reason)).reason.code == expected


def test_every_reason_is_named_as_its_constant_and_speaks_chinese() -> None:
    reasons = {name: each for name, each in every_reason.items() if isinstance(each, Reason)}
    assert len(reasons) > 15
    for name, each in reasons.items():
        assert each.code == name
        assert any("\u4e00" <= char <= "\u9fff" for char in each.zh)


def test_a_session_ends_with_its_certificate_at_the_latest() -> None:
    opened = open_session(
        session_id="s-1", employer_no="1001", binding_id=1, digest=b"d", address="",
        certificate_ends=NOW + timedelta(minutes=20), now=NOW, policy=SessionPolicy(),
    )  # fmt: skip
    assert opened.ends_at == opened.idle_until == NOW + timedelta(minutes=20)
    assert opened.is_open(NOW + timedelta(minutes=19))
    assert not opened.is_open(NOW + timedelta(minutes=20))
    late = NOW + timedelta(minutes=15)
    assert opened.access_until(now=late, policy=SessionPolicy()) == NOW + timedelta(minutes=20)


def test_a_challenge_names_purpose_hall_attempt_and_random_value() -> None:
    nonce = bytes(range(NONCE_BYTES))
    challenge = challenge_bytes(attempt_id="a-1", nonce=nonce, centre="中心")
    assert challenge.decode().split("\n") == ["hpf-login-v1", "中心", "a-1", nonce.hex(), ""]


def test_no_part_of_a_challenge_can_pass_for_another() -> None:
    with pytest.raises(ValueError, match="line of its own"):
        challenge_bytes(attempt_id="a-1\nx", nonce=bytes(NONCE_BYTES), centre="中心")
    with pytest.raises(ValueError, match="wrong length"):
        challenge_bytes(attempt_id="a-1", nonce=b"short", centre="中心")


def test_the_audit_hash_is_made_of_content_place_and_what_was_before() -> None:
    entry = AuditEntry(at=NOW, step="answer", outcome="ok", employer_no="1001")
    first = chain_text(GENESIS, 1, entry)
    assert first == chain_text(GENESIS, 1, replace(entry))
    others = [
        chain_text(b"\1" * 32, 1, entry),
        chain_text(GENESIS, 2, entry),
        chain_text(GENESIS, 1, replace(entry, outcome="LOGIN_REFUSED")),
        chain_text(GENESIS, 1, replace(entry, at=NOW + timedelta(microseconds=1))),
    ]
    assert first not in others
    assert len(set(others)) == 4
