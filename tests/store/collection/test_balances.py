"""Copies of balances follow the newest ledger line, wherever the account is by then."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import Connection, text

from services.collection.store.balances import Balances, copy_balances
from tests.store.collection import rows


@pytest.fixture
def connection(connection_to: Callable[[str], Connection]) -> Connection:
    """A is in employer 1 and B in employer 2, each with 100 after line 7."""
    opened = connection_to("collection")
    for account_no, employer_no in (("A", "1"), ("B", "2")):
        rows.add_employer(opened, employer_no)
        rows.add_account(opened, account_no, employer_no)
    opened.execute(text("UPDATE account SET balance_fen = 100, balance_serial_no = 7"))
    return opened


def _kept(connection: Connection) -> dict[str, int]:
    rows = connection.execute(text("SELECT account_no, balance_fen FROM account"))
    return {row.account_no: row.balance_fen for row in rows}


def test_a_newer_line_counts_in_whichever_employer_the_account_is(connection: Connection) -> None:
    """B was transferred meanwhile, or is about to come: a line of employer 1 is about it all the same."""
    copy_balances(connection, Balances(["A", "B"], [8, 9], [250, 300]), employer_no="1")

    assert _kept(connection) == {"A": 250, "B": 300}


def test_an_older_line_changes_nothing(connection: Connection) -> None:
    copy_balances(connection, Balances(["A", "B"], [7, 6], [1, 2]), employer_no="1")

    assert _kept(connection) == {"A": 100, "B": 100}
