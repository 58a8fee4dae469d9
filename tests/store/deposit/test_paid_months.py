"""Which months somebody's ledger has paid in full: the standing lines of 汇缴 and 正常全额补缴, whoever the employer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import Connection, text

from services.deposit.store import credits, paid_months, reversals
from services.deposit.store.credits import BackPaymentRow
from services.deposit.store.ledger import Posting

DAY = date(2019, 9, 20)
REMITTED, FULL, ARBITRARY = ("01", "1219"), ("02", "1220"), ("02", "1222")


@pytest.fixture
def connection(connection_to: Callable[[str], Connection]) -> Connection:
    connection = connection_to("deposit")
    connection.execute(
        text(
            "INSERT INTO account_fund (account_no, employer_no, product_from, product_through)"
            " VALUES ('A', 'E', :day, :day), ('B', 'E', :day, :day)"
        ),
        {"day": DAY},
    )
    return connection


def credit(
    connection: Connection, business: tuple[str, str], account_no: str, first: int, last: int
) -> str:
    """A line over these months; the number of its business."""
    number = f"paid-{business[1]}-{account_no}-{first}"
    posting = Posting(number, "E", DAY, *business)
    credits.credit_rows(connection, posting, [BackPaymentRow(1, account_no, first, last, 100)])
    return number


def paid(connection: Connection, *rows: tuple[str, int, int]) -> list[tuple[int, str, str]]:
    asked = [BackPaymentRow(n, *row, amount_fen=1) for n, row in enumerate(rows, start=1)]
    found = paid_months.paid_in_full(connection, asked)
    return [(each.row_number, str(each.first), str(each.last)) for each in found]


def test_neighbouring_months_are_one_run_over_the_turn_of_the_year(connection: Connection) -> None:
    for month in (201811, 201812, 201901):
        credit(connection, REMITTED, "A", month, month)
    credit(connection, FULL, "A", 201903, 201905)

    assert paid(
        connection, ("A", 201812, 201904), ("A", 201902, 201902), ("B", 201811, 201905)
    ) == [
        (1, "201812", "201901"),
        (1, "201903", "201904"),
    ]


def test_a_difference_pays_no_month_in_full(connection: Connection) -> None:
    credit(connection, ARBITRARY, "A", 201901, 201903)

    assert paid(connection, ("A", 201901, 201903)) == []


def test_what_was_taken_back_pays_no_month(connection: Connection) -> None:
    number = credit(connection, FULL, "A", 201901, 201903)
    reversals.take_back_lines(
        connection,
        number,
        registration_no="back",
        employer_no="E",
        posted_on=DAY,
        transaction_type="7",
    )

    assert paid(connection, ("A", 201901, 201903)) == []


def test_backward_months_have_nothing_paid(connection: Connection) -> None:
    credit(connection, FULL, "A", 201901, 201912)

    assert paid(connection, ("A", 201905, 201903)) == []


def test_a_month_that_cost_nothing_stays_paid_when_a_later_one_is_taken_back(
    connection: Connection,
) -> None:
    free = Posting("free", "E", DAY, *REMITTED)
    credits.credit_rows(connection, free, [BackPaymentRow(1, "A", 201901, 201901, 0)])
    number = credit(connection, REMITTED, "A", 201902, 201902)

    reversals.take_back_lines(
        connection,
        number,
        registration_no="back",
        employer_no="E",
        posted_on=DAY,
        transaction_type="7",
    )

    paid_through = text("SELECT paid_through_month FROM account_fund WHERE account_no = 'A'")
    assert connection.execute(paid_through).scalar_one() == 201901
