"""What an employer owes for a run of months (manual §6.1): people count in each month in which they are active."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from services.collection.domain import codes
from services.collection.domain.employer import Employer
from services.collection.domain.policy import Policy
from services.collection.errors import (
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


# A remittance has one of these for each person and month: tuples are made and compared several times as fast as others.
class PersonMonth(NamedTuple):
    """One person who is active in one month (YYYYMM). Amounts in fen."""

    account_no: str
    month: int
    base_fen: int
    employer_share_fen: int
    employee_share_fen: int


class DueLine(NamedTuple):
    """One person's months in a row (YYYYMM) with equal amounts; amounts in fen for each month."""

    account_no: str
    from_month: int
    to_month: int
    base_fen: int
    employer_share_fen: int
    employee_share_fen: int


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
    lines: tuple[DueLine, ...]

    @property
    def amount_fen(self) -> int:
        return sum(month.amount_fen for month in self.months)

    @property
    def headcount(self) -> int:
        """People with at least one month."""
        return len({line.account_no for line in self.lines})


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


def roster_of(people: Iterable[PersonMonth], *, months: Sequence[YearMonth]) -> Roster:
    """Join person-months, sorted by account and month, into lines and sums; raises NOTHING_DUE when there are none."""
    heads = {month.to_int(): 0 for month in months}
    amounts = dict.fromkeys(heads, 0)
    lines: list[DueLine] = []
    last: PersonMonth | None = None
    for person in people:
        account_no, month, base_fen, employer_fen, employee_fen = person
        heads[month] += 1
        amounts[month] += employer_fen + employee_fen
        begun = month
        if last is not None and last[0] == account_no and _continues(last, person):
            begun = lines.pop().from_month
        lines.append(DueLine(account_no, begun, month, base_fen, employer_fen, employee_fen))
        last = person
    if not lines:
        raise fact(NOTHING_DUE, from_month=months[0], to_month=months[-1])
    return Roster(
        tuple(MonthDue(month, heads[month.to_int()], amounts[month.to_int()]) for month in months),
        tuple(lines),
    )


def _continues(last: PersonMonth, person: PersonMonth) -> bool:
    """Whether a month of the same person goes on where the last one ended, on the same terms."""
    follows = YearMonth.from_int(last.month) + 1 == YearMonth.from_int(person.month)
    return follows and last[2:] == person[2:]
