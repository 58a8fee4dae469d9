"""From when on staff may end a business that waits for the roster in vain."""

from __future__ import annotations

from datetime import datetime, timedelta

from services.deposit.errors import GIVE_UP_TOO_EARLY
from services.kit.clock import CHINA
from services.kit.errors import fact

#: An answer takes some ten milliseconds, a restart seconds, a dead letter until somebody looks.
GIVE_UP_AFTER = timedelta(minutes=10)


def check_time(*, submitted_at: datetime, now: datetime) -> None:
    """Raises GIVE_UP_TOO_EARLY while an answer may still come."""
    earliest = submitted_at + GIVE_UP_AFTER
    if now < earliest:
        raise fact(GIVE_UP_TOO_EARLY, moment=f"{earliest.astimezone(CHINA):%Y-%m-%d %H:%M}")
