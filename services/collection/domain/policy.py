"""What the centre has decided for a day: floors, ceilings, rounding. Rows of a table, never constants."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from services.collection.errors import (
    BASE_ABOVE_CEILING,
    BASE_BELOW_FLOOR,
    MONTHLY_OUTSIDE_POLICY,
)
from services.kit.errors import DomainError, fact
from services.kit.money import Rounding, format_yuan, share_of
from services.kit.months import YearMonth

# What one submission can carry through bus, worksheet and receipt; the centre may only set less.
ROW_LIMIT_MAX = 2000


@dataclass(frozen=True, slots=True)
class Policy:
    """One policy row. Amounts in fen, rates in whole percent."""

    base_floor_fen: int
    base_ceiling_fen: int
    rate_floor: int
    rate_ceiling: int
    monthly_floor_fen: int
    monthly_ceiling_fen: int
    rounding: Rounding
    future_months_allowed: bool
    row_limit: int

    def shares(self, base_fen: int, *, employer_rate: int, employee_rate: int) -> tuple[int, int]:
        """单位月缴 and 个人月缴, each rounded on its own."""
        return (
            share_of(base_fen, employer_rate, rounding=self.rounding),
            share_of(base_fen, employee_rate, rounding=self.rounding),
        )

    def faults_of_base(self, base_fen: int) -> Iterator[DomainError]:
        """Why a base is refused; nothing when it is not."""
        if base_fen < self.base_floor_fen:
            yield fact(BASE_BELOW_FLOOR, floor=format_yuan(self.base_floor_fen))
        if base_fen > self.base_ceiling_fen:
            yield fact(BASE_ABOVE_CEILING, ceiling=format_yuan(self.base_ceiling_fen))

    def faults_of_monthly(self, monthly_fen: int) -> Iterator[DomainError]:
        """Why a monthly amount is refused; nothing when it is not."""
        if not self.monthly_floor_fen <= monthly_fen <= self.monthly_ceiling_fen:
            yield fact(
                MONTHLY_OUTSIDE_POLICY,
                floor=format_yuan(self.monthly_floor_fen),
                ceiling=format_yuan(self.monthly_ceiling_fen),
            )


@dataclass(frozen=True, slots=True)
class Policies:
    """Every policy row with the day it counts from, oldest first; at least one."""

    rows: tuple[tuple[date, Policy], ...]

    def in_month(self, month: YearMonth) -> Policy:
        """What counts on the first day of a month, which is what the month's amounts follow; for months before the first
        row the first one."""
        begun = [policy for valid_from, policy in self.rows if valid_from <= month.first_day()]
        return begun[-1] if begun else self.rows[0][1]


def is_consistent(policy: Policy) -> bool:
    """Whether no floor is above its ceiling and every value is one that can be used."""
    return (
        0 < policy.base_floor_fen <= policy.base_ceiling_fen
        and 0 < policy.rate_floor <= policy.rate_ceiling <= 100
        and 0 < policy.monthly_floor_fen <= policy.monthly_ceiling_fen
        and 0 < policy.row_limit <= ROW_LIMIT_MAX
    )
