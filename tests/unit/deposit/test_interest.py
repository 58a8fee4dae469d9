"""年度结息 (manual §4.4): the figures of the manual's ledger and the edges of rounding."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from services.deposit.domain.interest import end_day, interest_fen, posting_day


def test_the_manuals_year_comes_to_its_product_and_interest() -> None:
    deposits = {
        date(2018, 7, 13),
        date(2018, 8, 16),
        date(2018, 9, 25),
        date(2018, 10, 25),
        date(2018, 11, 19),
        date(2018, 12, 14),
    }
    balance_fen, product, day = 70_435, 0, end_day(2018)
    while day < end_day(2019):
        balance_fen += 35_200 if day in deposits else 0
        product += balance_fen // 100
        day += timedelta(days=1)

    assert product == 828_256
    assert interest_fen(product, rate_bp=150) == 3_451
    assert balance_fen + interest_fen(product, rate_bp=150) == 285_086


@pytest.mark.parametrize(
    ("product", "fen"),
    [
        (0, 0),
        (119, 0),  # 0.4958 fen
        (120, 1),  # 0.5 fen goes up
        (359, 1),  # 1.4958 fen
        (360, 2),  # 1.5 fen goes up
        (8448, 35),  # 352 × 24 days, the manual's 0.35
    ],
)
def test_interest_is_rounded_half_up_to_fen(product: int, fen: int) -> None:
    assert interest_fen(product, rate_bp=150) == fen


def test_a_fund_year_ends_on_30_june_and_its_interest_counts_from_1_july() -> None:
    assert posting_day(2019) == date(2019, 6, 30)
    assert end_day(2019) == date(2019, 7, 1)
