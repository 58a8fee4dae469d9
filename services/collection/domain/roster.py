"""What an employer owes for a run of months (manual §6.1): people count in each month in which they are active."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from operator import add
from typing import NamedTuple

from services.collection.domain import codes
from services.collection.domain.employer import Employer
from services.collection.domain.policy import Policy
from services.collection.errors import (
    DUE_IS_ZERO,
    EMPLOYER_CLOSED,
    MONTH_IN_FUTURE,
    MONTHS_PAID,
    NOTHING_DUE,
    TOO_MANY_MONTHS,
)
from services.kit.errors import DomainError, fact
from services.kit.months import YearMonth

#: Months of one remittance. Five years in arrears is more than any employer pays at once, and it bounds what one saga
#: carries: people × months are lines of one event and one transaction.
MONTHS_MAX = 60

# From a month to a month, both included.
_Run = tuple[int, int]


class DueLines(NamedTuple):
    """What people owe, by columns: ten thousand objects would take longer to make than to add up. A place in each is a
    person's months in a row (YYYYMM) under one term; amounts in fen for each month. Sorted by account and month."""

    account_nos: Sequence[str] = ()
    from_months: Sequence[int] = ()
    to_months: Sequence[int] = ()
    employer_shares_fen: Sequence[int] = ()
    employee_shares_fen: Sequence[int] = ()
    bases_fen: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class MonthDue:
    """One month of the whole employer."""

    month: YearMonth
    headcount: int
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Roster:
    """Everything due from the first to the last of `months`."""

    months: tuple[MonthDue, ...]
    due: DueLines
    #: Each line is of all the months.
    is_everybody_through: bool = False

    @property
    def amount_fen(self) -> int:
        return sum(month.amount_fen for month in self.months)

    @property
    def headcount(self) -> int:
        """People with at least one month."""
        return len(set(self.due.account_nos))


def months_to_remit(
    employer: Employer, to_month: YearMonth, *, current: YearMonth, policy: Policy
) -> list[YearMonth]:
    """The consecutive months from the next one due to `to_month`.

    Raises EMPLOYER_CLOSED, MONTHS_PAID, MONTH_IN_FUTURE, TOO_MANY_MONTHS.
    """
    if employer.status == codes.EMPLOYER_CLOSED:
        raise DomainError(EMPLOYER_CLOSED)
    first = employer.next_month
    if to_month < first:
        raise fact(MONTHS_PAID, paid_through=first - 1)
    if to_month > current and not policy.future_months_allowed:
        raise fact(MONTH_IN_FUTURE, current=current)
    if to_month > last_at_once(employer):
        raise fact(TOO_MANY_MONTHS, months=MONTHS_MAX, limit=last_at_once(employer))
    return list(first.through(to_month))


def last_at_once(employer: Employer) -> YearMonth:
    """The last month that a remittance of the next months may reach."""
    return employer.next_month + (MONTHS_MAX - 1)


def roster_of(due: DueLines, *, months: Sequence[YearMonth]) -> Roster:
    """What is due in each of `months`; raises NOTHING_DUE when nobody is, DUE_IS_ZERO when it comes to no fen: months
    that nothing is paid for are not months that are paid. They are remitted together with months that cost something."""
    if not due.account_nos:
        raise fact(NOTHING_DUE, from_month=months[0], to_month=months[-1])
    # Ten thousand lines have a handful of different runs of months: months are gone through once for each of those.
    runs = list(zip(due.from_months, due.to_months, strict=True))
    heads, amounts = Counter(runs), Counter[_Run]()
    monthly = map(add, due.employer_shares_fen, due.employee_shares_fen)
    for run, monthly_fen in zip(runs, monthly, strict=True):
        amounts[run] += monthly_fen
    found = Roster(
        tuple(_month_due(month, heads, amounts) for month in months),
        due,
        is_everybody_through=set(heads) == {(months[0].to_int(), months[-1].to_int())},
    )
    if not found.amount_fen:
        raise fact(DUE_IS_ZERO, from_month=months[0], to_month=months[-1])
    return found


def _month_due(month: YearMonth, heads: Counter[_Run], amounts: Counter[_Run]) -> MonthDue:
    number = month.to_int()
    runs = [run for run in heads if run[0] <= number <= run[1]]
    return MonthDue(month, sum(heads[run] for run in runs), sum(amounts[run] for run in runs))
