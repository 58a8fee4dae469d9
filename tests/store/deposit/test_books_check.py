"""The books check names what breaks: each invariant is broken on purpose behind the guards, and found."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.pool import NullPool

from deploy.local.databases import as_owner
from services.deposit.models import APPEND_ONLY
from services.deposit.store import books
from services.deposit.store.invariants import INVARIANTS

# One employer E with one account A that was paid in 300.00, remitted 100.00 in July and got 1.00 of interest.
GOOD_BOOKS = """
    INSERT INTO employer_fund (employer_no, name, branch_name, agent_name, status, suspense_fen, balance_fen)
        VALUES ('E', 'n', 'b', 'a', '01', 20000, 10100);
    INSERT INTO account_fund (account_no, employer_no, balance_fen, paid_through_month, product_yuan_days,
        product_from, product_through) VALUES ('A', 'E', 10100, 201907, 1000, '2019-07-01', '2019-07-11');
    INSERT INTO ledger_line (serial_no, account_no, employer_no, registration_no, posted_on, business_kind,
        summary, credit_fen, balance_after_fen, base_fen, from_month, to_month, interest_year) VALUES
        (1, 'A', 'E', 'r2', '2019-07-01', '01', '1219', 10000, 10000, 0, 201907, 201907, NULL),
        (2, 'A', 'E', 'r3', '2019-07-11', '09', '1231', 100, 10100, 0, 0, 0, 2019);
    INSERT INTO journal_entry (entry_no, registration_no, posted_on, memo) OVERRIDING SYSTEM VALUE VALUES
        (1, 'r1', '2019-07-01', 'm'), (2, 'r2', '2019-07-01', 'm'), (3, 'r3', '2019-07-11', 'm');
    INSERT INTO journal_leg (entry_no, leg, account_code, employer_no, amount_fen) VALUES
        (1, 1, '1001', 'E', 30000), (1, 2, '2001', 'E', -30000),
        (2, 1, '2001', 'E', 10000), (2, 2, '2002', 'E', -10000),
        (3, 1, '6001', 'E', 100), (3, 2, '2002', 'E', -100);
    INSERT INTO bank_payment (bank_reference, employer_no, amount_fen, value_date, payer_name, registration_no,
        booked_on) VALUES ('b1', 'E', 30000, '2019-07-01', 'p', 'r1', '2019-07-01');
    INSERT INTO remitted_month (employer_no, month, registration_no, headcount, amount_fen)
        VALUES ('E', 201907, 'r2', 1, 10000);
    INSERT INTO statement_line (employer_no, registration_no, posted_on, kind, summary, headcount, amount_fen,
        suspense_in_fen, suspense_out_fen, suspense_after_fen, balance_after_fen) VALUES
        ('E', 'r1', '2019-07-01', 12, 's', 0, 30000, 30000, 0, 30000, 0),
        ('E', 'r2', '2019-07-01', 10, 's', 1, 10000, 0, 10000, 20000, 10000),
        ('E', 'r3', '2019-07-11', 13, 's', 1, 100, 0, 0, 20000, 10100);
"""

# invariant → what breaks it, and the subject that is named.
BREAKS = {
    "the journal sums to zero": (
        "INSERT INTO journal_leg VALUES (1, 3, '1001', 'E', 5)",
        "journal",
    ),
    "every entry sums to zero": (
        "UPDATE journal_leg SET amount_fen = amount_fen + 1 WHERE entry_no = 2 AND leg = 1",
        "2",
    ),
    "every entry has its legs": ("DELETE FROM journal_leg WHERE entry_no = 3", "3"),
    "a correcting entry mirrors the one it corrects": (
        "UPDATE journal_entry SET corrects_entry_no = 1 WHERE entry_no = 2",
        "2",
    ),
    "personal balances equal the personal deposits account": (
        "UPDATE account_fund SET balance_fen = 1",
        "personal deposits",
    ),
    "each balance equals the sum of its lines": ("UPDATE account_fund SET balance_fen = 1", "A"),
    "each last line shows the balance": (
        "UPDATE ledger_line SET balance_after_fen = 1 WHERE serial_no = 2",
        "A",
    ),
    "lines belong to an account": (
        "UPDATE ledger_line SET account_no = 'B' WHERE serial_no = 2",
        "B",
    ),
    "each daily product equals the ledger's": (
        "UPDATE account_fund SET product_yuan_days = 999",
        "A",
    ),
    "each paid-through month is that of the last line that stands": (
        "UPDATE account_fund SET paid_through_month = 201908",
        "A",
    ),
    "a correcting line takes back exactly the one it corrects": (
        "UPDATE ledger_line SET corrects_serial_no = 1 WHERE serial_no = 2",
        "2",
    ),
    "nothing is dated within a year after that was settled": (
        "INSERT INTO ledger_line (serial_no, account_no, employer_no, registration_no, posted_on, business_kind,"
        " summary, balance_after_fen, base_fen) VALUES (3, 'A', 'E', 'r4', '2019-06-30', '01', '1219', 10100, 0)",
        "3",
    ),
    "interest on the ledger equals the interest expense": (
        "UPDATE ledger_line SET interest_year = NULL",
        "interest",
    ),
    "each suspense equals its journal account": ("UPDATE employer_fund SET suspense_fen = 1", "E"),
    "each suspense equals what its statement lines moved": (
        "UPDATE statement_line SET suspense_in_fen = 1 WHERE registration_no = 'r1'",
        "E",
    ),
    "each suspense equals its last statement line": (
        "UPDATE statement_line SET suspense_after_fen = 1",
        "E",
    ),
    "every business that moves an employer's money is on its statement": (
        "DELETE FROM statement_line WHERE registration_no = 'r3'",
        "r3 E",
    ),
    "each employer's balance equals its people's": (
        "UPDATE employer_fund SET balance_fen = 1",
        "E",
    ),
    "each employer's balance equals its journal account": (
        "UPDATE employer_fund SET balance_fen = 1",
        "E",
    ),
    "an employer's remitted months have no gap": (
        "INSERT INTO remitted_month VALUES ('E', 201909, 'r2', 0, 0)",
        "E",
    ),
    "each remitted month's amount is on the ledger": (
        "UPDATE remitted_month SET amount_fen = 1",
        "E 201907",
    ),
    "every payment of the bank is in the journal": ("UPDATE bank_payment SET amount_fen = 1", "b1"),
    "what a reversal takes off the bank's account is a payment recalled": (
        "INSERT INTO bank_recall VALUES ('r9', 'r1', '2019-07-02')",
        "r9",
    ),
    "a payment is booked anew only when it was recalled": (
        "INSERT INTO bank_payment VALUES ('b1', 'E', 30000, '2019-07-01', 'p', 'r9', '2019-07-02', 'r1')",
        "r9",
    ),
    "payments that wait for allocation equal the unallocated account": (
        "INSERT INTO unallocated_payment VALUES ('b1', 5, 'x', '2019-07-01')",
        "unallocated",
    ),
}


@pytest.fixture(scope="module")
def engine(new_store: Callable[[str], str]) -> Iterator[Engine]:
    """Books of nobody else, opened by their owner, who alone can take off their guards."""
    made = create_engine(as_owner(new_store("deposit")), poolclass=NullPool)
    yield made
    made.dispose()


@pytest.fixture
def good_books(engine: Engine) -> Iterator[Connection]:
    """Clean books with their guards off, undone after the test."""
    with engine.connect() as connection:
        for table in APPEND_ONLY:
            connection.execute(text(f"ALTER TABLE {table.name} DISABLE TRIGGER USER"))
        connection.execute(text(GOOD_BOOKS))
        yield connection
        connection.rollback()


def test_good_books_are_clean(good_books: Connection) -> None:
    assert books.broken_invariants(good_books) == []


def test_every_invariant_is_tried() -> None:
    assert set(BREAKS) == set(INVARIANTS)


@pytest.mark.parametrize("invariant", INVARIANTS)
def test_what_breaks_an_invariant_is_named(good_books: Connection, invariant: str) -> None:
    change, subject = BREAKS[invariant]

    good_books.execute(text(change))

    found = {(each.invariant, each.subject) for each in books.broken_invariants(good_books)}
    assert (invariant, subject) in found


def test_the_trial_balance_shows_every_account_of_the_chart(good_books: Connection) -> None:
    assert books.trial_balance(good_books) == [
        ("1001", 30_000, 0),
        ("2001", 10_000, 30_000),
        ("2002", 0, 10_100),
        ("2009", 0, 0),
        ("6001", 100, 0),
    ]
