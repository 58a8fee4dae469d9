"""What an employer owes for a run of months (manual §6.1): people count in each month in which they are active."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.collection.domain import codes
from services.collection.domain.employer import Employer
from services.collection.domain.policy import Policy
from services.collection.errors import (
    EMPLOYER_CLOSED,
    MONTH_IN_FUTURE,
    MONTHS_PAID,
    NOTHING_DUE,
)
from services.kit.errors import DomainError, fact
from services.kit.months import YearMonth


@dataclass(frozen=True, slots=True)
class PersonMonth:
    """One person who is active in one month. Amounts in fen."""

    account_no: str
    month: YearMonth
    base_fen: int
    employer_share_fen: int
    employee_share_fen: int


@dataclass(frozen=True, slots=True)
class DueLine:
    """One person's months in a row with equal amounts; amounts in fen for each month."""

    account_no: str
    from_month: YearMonth
    to_month: YearMonth
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

    Raises EMPLOYER_CLOSED, MONTHS_PAID, MONTH_IN_FUTURE.
    """
    if employer.status == codes.EMPLOYER_CLOSED:
        raise DomainError(EMPLOYER_CLOSED)
    first = employer.next_month
    if to_month < first:
        raise fact(MONTHS_PAID, paid_through=first - 1)
    if to_month > current and not policy.future_months_allowed:
        raise fact(MONTH_IN_FUTURE, current=current)
    return list(first.through(to_month))


def roster_of(people: Iterable[PersonMonth], *, months: Sequence[YearMonth]) -> Roster:
    """Join person-months, sorted by account and month, into lines and sums; raises NOTHING_DUE when there are none."""
    heads = dict.fromkeys(months, 0)
    amounts = dict.fromkeys(months, 0)
    lines: list[DueLine] = []
    last: PersonMonth | None = None
    for person in people:
        heads[person.month] += 1
        amounts[person.month] += person.employer_share_fen + person.employee_share_fen
        if last is not None and _continues(last, person):
            begun = lines[-1]
            lines[-1] = _line(person, from_month=begun.from_month)
        else:
            lines.append(_line(person, from_month=person.month))
        last = person
    if not lines:
        raise fact(NOTHING_DUE, from_month=months[0], to_month=months[-1])
    return Roster(
        tuple(MonthDue(month, heads[month], amounts[month]) for month in months), tuple(lines)
    )


def _continues(last: PersonMonth, person: PersonMonth) -> bool:
    return (
        last.account_no == person.account_no
        and last.month + 1 == person.month
        and last.base_fen == person.base_fen
        and last.employer_share_fen == person.employer_share_fen
        and last.employee_share_fen == person.employee_share_fen
    )


def _line(person: PersonMonth, *, from_month: YearMonth) -> DueLine:
    return DueLine(
        account_no=person.account_no,
        from_month=from_month,
        to_month=person.month,
        base_fen=person.base_fen,
        employer_share_fen=person.employer_share_fen,
        employee_share_fen=person.employee_share_fen,
    )
