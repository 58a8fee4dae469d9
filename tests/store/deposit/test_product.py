"""The daily product kept while money moves is, after any history, what the ledger says of the same days."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from services.deposit.store import credits
from services.deposit.store.credits import BackPaymentRow, Posting
from services.deposit.store.product import from_ledger, mismatched

FIRST = date(2019, 7, 1)
WINDOW = """
    SELECT account_no, product_from AS first_day, product_through AS end_day FROM account_fund
    WHERE account_no = 'A'"""

# Deposits in fen on days counted from FIRST; the days need not be in order (a step may be late).
histories = st.lists(
    st.tuples(st.integers(-3, 40), st.integers(1, 1_000_000)), min_size=1, max_size=12
)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(history=histories)
def test_the_kept_product_is_the_ledgers(
    connection_to: Callable[[str], Connection], history: list[tuple[int, int]]
) -> None:
    connection = connection_to("deposit")
    savepoint = connection.begin_nested()
    connection.execute(
        text(
            "INSERT INTO account_fund (account_no, employer_no, product_from, product_through)"
            " VALUES ('A', 'E', :first, :first)"
        ),
        {"first": FIRST},
    )
    for place, (day, fen) in enumerate(history):
        posting = Posting(f"r{place}", "E", FIRST + timedelta(days=day), "01", "1219")
        credits.credit_rows(connection, posting, [BackPaymentRow(1, "A", 201907, 201907, fen)])

    kept = connection.execute(
        text("SELECT product_yuan_days, product_through FROM account_fund WHERE account_no = 'A'")
    ).one()
    from_lines = connection.execute(text(from_ledger(WINDOW))).one_or_none()
    later = kept.product_through + timedelta(days=1)
    agreeing = mismatched(connection, ["E"], end_day=later)
    connection.execute(text("UPDATE account_fund SET product_yuan_days = product_yuan_days + 1"))
    found = mismatched(connection, ["E"], end_day=later)
    savepoint.rollback()

    days = (kept.product_through - FIRST).days
    by_hand = sum(sum(fen for day, fen in history if day <= each) // 100 for each in range(days))
    assert (from_lines.product_yuan_days if from_lines else 0) == by_hand
    assert kept.product_yuan_days == by_hand
    assert agreeing == []
    assert found == [("E", "A", by_hand + 1)]
