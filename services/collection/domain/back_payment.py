"""补缴 as far as the roster knows (manual §6.2): whose account, which months, and what 正常全额 must come to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from services.collection.domain import codes
from services.collection.domain.account import Account
from services.collection.domain.employer import Employer
from services.collection.errors import (
    ACCOUNT_FROZEN,
    ACCOUNT_NOT_HERE,
    BACK_AMOUNT_NOT_FULL,
    BACK_BEFORE_FIRST_MONTH,
    BACK_MONTHS_NOT_PAID,
)
from services.kit.errors import DomainError, fact
from services.kit.money import format_yuan
from services.kit.months import YearMonth


class Kind(Enum):
    """补缴类型."""

    FULL = "full"
    ARBITRARY = "arbitrary"


@dataclass(frozen=True, slots=True)
class LineFault:
    """What is wrong with one row, and in which column."""

    field: str
    error: DomainError


def fault_of_line(
    account: Account | None,
    *,
    employer: Employer,
    from_month: YearMonth,
    to_month: YearMonth,
    amount_fen: int,
    current: YearMonth,
    kind: Kind,
) -> LineFault | None:
    """The first thing wrong with one row, or None. Months begin with the employer's first one, not with the person's:
    who was opened late is back-paid for the months before. They end at min(current month, paid_through)."""
    if account is None:
        return LineFault("account_no", DomainError(ACCOUNT_NOT_HERE))
    if account.status == codes.ACCOUNT_FROZEN:
        return LineFault("account_no", DomainError(ACCOUNT_FROZEN))
    if from_month < employer.first_month:
        first_month = employer.first_month
        return LineFault("from_month", fact(BACK_BEFORE_FIRST_MONTH, first_month=first_month))
    limit = min(current, employer.next_month - 1)
    if not from_month <= to_month <= limit:
        return LineFault("to_month", fact(BACK_MONTHS_NOT_PAID, limit=limit))
    full = account.term.monthly_fen * (to_month - from_month + 1)
    if kind is Kind.FULL and amount_fen != full:
        return LineFault("amount", fact(BACK_AMOUNT_NOT_FULL, amount=format_yuan(full)))
    return None
