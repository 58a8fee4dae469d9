"""What the books have written stays: the database itself refuses to change, delete or empty it, by triggers.

That the running service may not even try, nor take the triggers off, is tests/store/kit/test_grants.py.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from services.deposit.models import APPEND_ONLY
from tests.owning import owning

TABLES = (
    "ledger_line",
    "journal_entry",
    "journal_leg",
    "statement_line",
    "bank_payment",
    "bank_recall",
    "allocation",
    "back_payment",
    "back_payment_row",
)
CHANGES = (
    "UPDATE {} SET registration_no = registration_no",
    "DELETE FROM {}",
    "TRUNCATE {}",
)


def test_every_table_that_only_grows_is_tried() -> None:
    assert {table.name for table in APPEND_ONLY} == set(TABLES)


def test_who_is_refused_is_the_owner_of_the_tables(service_db: Callable[[str], str]) -> None:
    """These tests come as the owner: nobody else may do more, but for the server's superuser."""
    with owning(service_db("deposit")) as connection:
        owners = connection.execute(
            text(
                "SELECT DISTINCT t.tableowner = current_user, r.rolsuper FROM pg_tables t, pg_roles r"
                " WHERE t.schemaname = 'public' AND r.rolname = current_user"
            )
        )
        assert [tuple(row) for row in owners] == [(True, False)]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("table", TABLES)
def test_no_row_of_the_books_is_ever_changed(
    service_db: Callable[[str], str], table: str, change: str
) -> None:
    if table == "journal_leg":
        change = change.replace("registration_no", "leg")

    with (
        pytest.raises(DBAPIError, match=f"rows of {table} are never changed or deleted"),
        owning(service_db("deposit")) as connection,
    ):
        connection.execute(text(change.format(table)))


def test_an_entry_that_does_not_sum_to_zero_is_refused(
    connection_to: Callable[[str], Connection],
) -> None:
    connection = connection_to("deposit")
    entry_no = connection.execute(
        text(
            "INSERT INTO journal_entry (registration_no, posted_on, memo)"
            " VALUES ('r', '2019-09-20', 'm') RETURNING entry_no"
        )
    ).scalar_one()
    legs = text(
        "INSERT INTO journal_leg (entry_no, leg, account_code, employer_no, amount_fen)"
        " VALUES (:entry_no, 1, '1001', 'e', 100), (:entry_no, 2, '2001', 'e', -99)"
    )
    connection.execute(legs, {"entry_no": entry_no})

    with pytest.raises(DBAPIError, match="does not sum to zero"):
        connection.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
