"""Values that the rules of collection are tried on: one employer, one policy, one person."""

from __future__ import annotations

from datetime import date

from services.collection.domain.account import Account, Term
from services.collection.domain.employer import Employer, Profile, RateLimits, Rates
from services.collection.domain.policy import Policies, Policy
from services.kit.money import Rounding
from services.kit.months import YearMonth
from services.kit.worksheet.rows import ParsedRow, Value

POLICY = Policy(
    base_floor_fen=150_000,
    base_ceiling_fen=2_500_000,
    rate_floor=5,
    rate_ceiling=12,
    monthly_floor_fen=15_000,
    monthly_ceiling_fen=600_000,
    rounding=Rounding.FEN,
    future_months_allowed=False,
    row_limit=2000,
)

POLICIES = Policies(((date(2000, 1, 1), POLICY),))


def month(text: str) -> YearMonth:
    return YearMonth.parse(text)


def employer(
    *,
    status: str = "01",
    paid_through: str | None = "201912",
    first_month: str = "201001",
    rates: tuple[tuple[str, int, int, int, int], ...] = (("201001", 12, 12, 10, 10),),
) -> Employer:
    """An employer with rates 12 % + 10 %, paid through December 2019."""
    return Employer(
        employer_no="10700000010",
        profile=Profile(**dict.fromkeys(Profile.__dataclass_fields__, "") | {"pay_day": 0}),
        branch_code="01",
        branch_name="",
        status=status,
        opened_on=date(2010, 1, 1),
        closed_on=None,
        first_month=month(first_month),
        paid_through=month(paid_through) if paid_through else None,
        rates=tuple(
            Rates(month(since), RateLimits(a, b), RateLimits(c, d)) for since, a, b, c, d in rates
        ),
        held_by=None,
    )


def term(
    base_fen: int = 1_631_700,
    *,
    since: str = "201001",
    active: bool = True,
    rates: tuple[int, int] = (12, 10),
) -> Term:
    """By default the person of the manual: 16317.00 at 12 % + 10 %."""
    return Term(
        month(since),
        active,
        base_fen,
        *rates,
        *POLICY.shares(base_fen, employer_rate=rates[0], employee_rate=rates[1]),
    )


def account(*, status: str = "01", now: Term | None = None, last: Term | None = None) -> Account:
    counting = now or term()
    return Account(
        account_no="2070000000015",
        employer_no="10700000010",
        name="张三",
        id_type="01",
        id_number="130702199003070014",
        mobile="13800001234",
        status=status,
        opened_on=date(2010, 1, 1),
        term=counting,
        last_term=last or counting,
        balance_fen=14_141_137,
    )


def row(**values: Value) -> ParsedRow:
    """A row that was understood."""
    return ParsedRow("1", 1, 0, {}, values)
