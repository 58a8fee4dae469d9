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
from tests.store.deposit.books_to_break import ALSO_BREAKS, BREAKS, GOOD_BOOKS


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

    assert subject in named(good_books, invariant)


@pytest.mark.parametrize("break_of", ALSO_BREAKS)
def test_what_breaks_an_invariant_in_another_way_is_named_too(
    good_books: Connection, break_of: str
) -> None:
    change, invariant, subjects = ALSO_BREAKS[break_of]

    good_books.execute(text(change))

    assert subjects <= named(good_books, invariant)


def named(connection: Connection, invariant: str) -> set[str]:
    """What the check names as breaking an invariant."""
    return {
        each.subject
        for each in books.broken_invariants(connection)
        if each.invariant.name == invariant
    }


def test_a_finding_says_what_the_books_should_say_and_what_they_say(good_books: Connection) -> None:
    good_books.execute(text("UPDATE unallocated_payment SET amount_fen = 1200 - amount_fen"))

    found = books.broken_invariants(good_books)

    assert [(each.subject, each.expected, each.found) for each in found] == [
        ("u1", 500, 700),
        ("u2", 700, 500),
    ]


def test_what_is_wrong_many_times_does_not_hide_what_else_is(good_books: Connection) -> None:
    good_books.execute(
        text(
            "INSERT INTO ledger_line (serial_no, account_no, employer_no, registration_no, posted_on, business_kind,"
            " summary, balance_after_fen, base_fen) SELECT n, 'A', 'E', 'r1', '2019-07-21', '02', '1222', 1, 0"
            " FROM generate_series(1001, 2000) n;"
            "DELETE FROM allocation"
        )
    )

    found = [each.invariant.name for each in books.broken_invariants(good_books)]

    assert found.count("each line shows the balance after it") == 20
    assert "every allocation is in the journal, and every such entry an allocation" in found


def test_the_trial_balance_shows_every_account_of_the_chart(good_books: Connection) -> None:
    assert books.trial_balance(good_books) == [
        ("1001", 32_100, 0),
        ("2001", 20_000, 40_900),
        ("2002", 10_000, 20_005),
        ("2009", 900, 2_100),
        ("6001", 5, 0),
    ]
