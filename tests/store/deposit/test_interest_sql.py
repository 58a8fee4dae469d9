"""Interest is computed in the store as the rule says, up to the largest product and rate that can be kept."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from services.deposit.domain.interest import INTEREST_SQL, interest_fen

_COMPUTED = text(
    f"SELECT {INTEREST_SQL} FROM unnest(:products ::bigint[]) WITH ORDINALITY AS p(product, place) ORDER BY place"  # noqa: S608  # a constant
)

#: 20 trillion yuan on one account for a leap year.
LARGE = 20 * 10**12 * 366


def computed(connection: Connection, products: list[int], *, rate_bp: int) -> list[int]:
    values = {"products": products, "rate_bp": rate_bp}
    return list(connection.execute(_COMPUTED, values).scalars())


def test_the_largest_account_gets_a_tenth(connection_to: Callable[[str], Connection]) -> None:
    """366 days at 10 % of 20 trillion yuan, of which a day is a 360th: 2 033 333 333 333.33 yuan."""
    [interest] = computed(connection_to("deposit"), [LARGE], rate_bp=1_000)

    assert interest == 203_333_333_333_333


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(products=st.lists(st.integers(0, LARGE), min_size=1), rate_bp=st.integers(0, 1_000))
def test_the_store_rounds_as_the_rule_does(
    connection_to: Callable[[str], Connection], products: list[int], rate_bp: int
) -> None:
    expected = [interest_fen(each, rate_bp=rate_bp) for each in products]

    assert computed(connection_to("deposit"), products, rate_bp=rate_bp) == expected
