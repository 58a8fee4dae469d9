"""Limits of logins, SMS codes and sessions; the centre sets them (`settings.py`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class LoginPolicy:
    """One login from challenge to code."""

    challenge_life: timedelta = timedelta(seconds=120)
    code_life: timedelta = timedelta(minutes=5)
    # Five guesses at a million codes: one login in 200,000 could be guessed.
    code_tries: int = 5
    code_sends: int = 5
    # CAs sell renewals from three months before the end (manual §10).
    renewal_window: timedelta = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class MobileChangePolicy:
    """A new mobile of the agent, from asking to the code (manual §5.5)."""

    life: timedelta = timedelta(days=3)
    code_life: timedelta = timedelta(minutes=5)
    code_tries: int = 5
    code_sends: int = 5


@dataclass(frozen=True, slots=True)
class SmsPolicy:
    """How often codes may be sent; days are China's."""

    resend_interval: timedelta = timedelta(seconds=60)
    number_per_day: int = 20
    # An office of an agency logs in for dozens of employers from one address.
    address_per_day: int = 200


@dataclass(frozen=True, slots=True)
class SessionPolicy:
    """How long a session lasts; `access_life` is how long a stolen token could at most be used."""

    access_life: timedelta = timedelta(minutes=10)
    idle: timedelta = timedelta(minutes=30)
    life: timedelta = timedelta(hours=12)
    one_per_certificate: bool = True
