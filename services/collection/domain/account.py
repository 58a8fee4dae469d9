"""An account and its terms: what counts for a person in an employer from a month on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from services.kit.months import YearMonth


@dataclass(frozen=True, slots=True)
class Term:
    """What counts from `from_month` on. Amounts in fen, rates whole percent; not active means nothing is due."""

    from_month: YearMonth
    active: bool
    base_fen: int
    employer_rate: int
    employee_rate: int
    employer_share_fen: int
    employee_share_fen: int

    @property
    def monthly_fen(self) -> int:
        """月缴存额: both shares."""
        return self.employer_share_fen + self.employee_share_fen


@dataclass(frozen=True, slots=True)
class Account:
    """One person's account. `term` counts today, `last_term` is the newest, which may lie ahead.

    `balance_fen` is a copy for people to see, never a ground for a decision. `revision` counts what is told of it.
    """

    account_no: str
    employer_no: str
    name: str
    id_type: str
    id_number: str
    mobile: str
    status: str
    opened_on: date
    term: Term
    last_term: Term
    balance_fen: int = 0
    revision: int = 1


def with_rates(
    term: Term, *, employer_rate: int, employee_rate: int, shares: tuple[int, int]
) -> Term:
    """The same term with other rates and the shares that follow from them."""
    return replace(
        term,
        employer_rate=employer_rate,
        employee_rate=employee_rate,
        employer_share_fen=shares[0],
        employee_share_fen=shares[1],
    )
