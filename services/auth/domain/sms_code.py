"""SMS codes, whatever they are for (manual §3, §5.5): six digits, few tries, sent at intervals and up to a daily cap."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from math import ceil

from services.auth.domain.policy import SmsPolicy
from services.auth.errors import CODE_SENT_JUST_NOW, SMS_DAY_LIMIT
from services.kit.errors import DomainError, fact

CODE_DIGITS = 6


class CodePurpose(StrEnum):
    """What a code is good for; a code of one purpose never serves another."""

    LOGIN = "login"
    MOBILE_CHANGE = "mobile_change"


class CodeTry(StrEnum):
    """How one typed code fared."""

    RIGHT = "right"
    EXPIRED = "expired"
    WRONG = "wrong"
    LAST_WRONG = "last_wrong"


def judged(
    *, matches: bool, wrong_before: int, tries: int, expires_at: datetime, now: datetime
) -> CodeTry:
    """One typed code. An expired one is not counted: nothing can be learned from it."""
    if now >= expires_at:
        return CodeTry.EXPIRED
    if matches:
        return CodeTry.RIGHT
    return CodeTry.WRONG if wrong_before + 1 < tries else CodeTry.LAST_WRONG


@dataclass(frozen=True, slots=True)
class SmsHistory:
    """What was sent before: last time to this number for this purpose; today to this number and
    from this address, for any."""

    last_to_number: datetime | None
    today_to_number: int
    today_from_address: int


def check_may_send(history: SmsHistory, *, now: datetime, policy: SmsPolicy) -> None:
    """Raises CODE_SENT_JUST_NOW or SMS_DAY_LIMIT."""
    if history.last_to_number is not None:
        wait = history.last_to_number + policy.resend_interval - now
        if wait.total_seconds() > 0:
            raise fact(CODE_SENT_JUST_NOW, seconds=ceil(wait.total_seconds()))
    if (
        history.today_to_number >= policy.number_per_day
        or history.today_from_address >= policy.address_per_day
    ):
        raise DomainError(SMS_DAY_LIMIT)


def is_code(text: str) -> bool:
    """Six digits, nothing else."""
    return len(text) == CODE_DIGITS and text.isascii() and text.isdigit()


def mask_mobile(mobile: str) -> str:
    """`13800001234` → `138****1234`; shorter numbers show nothing."""
    if len(mobile) < 11:
        return "*" * len(mobile)
    return f"{mobile[:3]}****{mobile[-4:]}"
