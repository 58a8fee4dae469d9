"""到账日期: a payment of the bank reached the account about now. Any other day is a slip, and no day's file shows it."""

from __future__ import annotations

from datetime import date, timedelta

from services.deposit.errors import VALUE_DATE_OUTSIDE
from services.kit.errors import DomainError, FieldError


def refusal(
    value_date: date, *, today: date, days_back: int, days_ahead: int
) -> DomainError | None:
    """Why a payment of this value date is not booked today, or None."""
    first, last = today - timedelta(days_back), today + timedelta(days_ahead)
    if first <= value_date <= last:
        return None
    facts = {"first": str(first), "last": str(last)}
    sentence = VALUE_DATE_OUTSIDE.zh.format_map(facts)
    field = FieldError("value_date", VALUE_DATE_OUTSIDE.code, sentence)
    return DomainError(VALUE_DATE_OUTSIDE, [field], facts)
