"""年度结息 (manual §4.4): the fund year ends on 30 June; Σ of whole-yuan end-of-day balances × rate / 360.

The interest counts from 1 July. Proof: product 828256 yuan-days at 1.50 % is 34.51.
"""

from __future__ import annotations

from datetime import date

from services.deposit.errors import FUND_YEAR_INVALID, INTEREST_RATE_INVALID
from services.kit.errors import DomainError, FieldError

#: Later than any date a message can hold makes no sense; earlier there was no fund.
FIRST_YEAR, LAST_YEAR = 1992, 2099
#: Several times what any centre has ever paid: a rate above it is a slip of the keyboard (15.00 for 1.50).
RATE_BP_MAX = 1_000

# The day's share of a year, as banks count it.
DAYS_OF_YEAR = 360
# A basis point is 1/10000; a yuan is 100 fen.
_FEN_DIVISOR = 100 * DAYS_OF_YEAR


def interest_fen(product_yuan_days: int, *, rate_bp: int) -> int:
    """Interest in fen on a product, half up; `rate_bp` is the yearly rate in basis points (150 is 1.50 %)."""
    return (2 * product_yuan_days * rate_bp + _FEN_DIVISOR) // (2 * _FEN_DIVISOR)


#: The same as SQL over the column `product` (BIGINT) and the parameter `rate_bp`. Whole multiples of the divisor are taken
#: out before anything is doubled: the product of 20 trillion yuan at 10 % would not fit BIGINT, and NUMERIC is slower.
INTEREST_SQL = (
    f"product / {_FEN_DIVISOR} * :rate_bp"
    f" + (product % {_FEN_DIVISOR} * 2 * :rate_bp + {_FEN_DIVISOR}) / {2 * _FEN_DIVISOR}"
)


def posting_day(fund_year: int) -> date:
    """30 June, the day that the interest of the fund year bears in the books."""
    return date(fund_year, 6, 30)


def end_day(fund_year: int) -> date:
    """The day after the fund year. The interest itself counts from here, and before this day none is posted: what comes
    in on 30 June after a run would have lost its day."""
    return date(fund_year, 7, 1)


def check_fund_year(number: int) -> None:
    """Raises FUND_YEAR_INVALID."""
    if not FIRST_YEAR <= number <= LAST_YEAR:
        field = FieldError("fund_year", FUND_YEAR_INVALID.code, FUND_YEAR_INVALID.zh)
        raise DomainError(FUND_YEAR_INVALID, fields=[field])


def check_rate(rate_bp: int) -> None:
    """Raises INTEREST_RATE_INVALID."""
    if not 0 <= rate_bp <= RATE_BP_MAX:
        field = FieldError("rate_bp", INTEREST_RATE_INVALID.code, INTEREST_RATE_INVALID.zh)
        raise DomainError(INTEREST_RATE_INVALID, fields=[field])
