"""Days as people and messages write them: YYYY-MM-DD and nothing else.

Python also reads week dates and dates without hyphens; whoever writes those means something else by them.
"""

from __future__ import annotations

import re
from datetime import date

from services.kit.errors import DATE_INVALID, DomainError, FieldError

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def parse_day(text: str) -> date:
    """Read `YYYY-MM-DD`; anything else raises ValueError."""
    if not _DAY.fullmatch(text):
        raise ValueError("a date is written YYYY-MM-DD")
    return date.fromisoformat(text)


def day_of(text: str, *, field: str) -> date:
    """A day of a request; raises DATE_INVALID with the field."""
    try:
        return parse_day(text)
    except ValueError:
        raise DomainError(
            DATE_INVALID, fields=[FieldError(field, DATE_INVALID.code, DATE_INVALID.zh)]
        ) from None
