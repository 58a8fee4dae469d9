"""What is due follows from dated terms: in each month the newest term that has begun counts."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from services.collection.store import roster
from services.kit.months import YearMonth
from tests.store.collection import rows

_EMPLOYER = "E"
_FIRST = YearMonth(2019, 10)
#: Over the end of a year, and more than a term is likely to last.
_MONTHS = [_FIRST + n for n in range(8)]

#: Of one account: month of beginning (counted from two before the first one due) → active, base in fen.
Terms = dict[int, tuple[bool, int]]
people = st.lists(
    st.dictionaries(st.integers(-2, 11), st.tuples(st.booleans(), st.integers(1, 3)), max_size=6),
    max_size=4,
)


@pytest.fixture
def connection(connection_to: Callable[[str], Connection]) -> Connection:
    opened = connection_to("collection")
    rows.add_employer(opened, _EMPLOYER)
    return opened


def _put(connection: Connection, account_no: str, terms: Terms) -> None:
    rows.add_account(connection, account_no, _EMPLOYER)
    for begin, (active, base_fen) in terms.items():
        connection.execute(
            text(
                "INSERT INTO account_term (account_no, employer_no, from_month, active, base_fen, employer_rate,"
                " employee_rate, employer_share_fen, employee_share_fen, registration_no, shown)"
                " VALUES (:account_no, :employer_no, :month, :active, :base, 12, 10, :base * 12, :base * 10, 'R', true)"
            ),
            {
                "account_no": account_no,
                "employer_no": _EMPLOYER,
                "month": (_FIRST + begin).to_int(),
                "active": active,
                "base": base_fen,
            },
        )


def _newest_begun(terms: Terms, month: YearMonth) -> tuple[bool, int]:
    begun = [begin for begin in terms if _FIRST + begin <= month]
    return terms[max(begun)] if begun else (False, 0)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(people=people)
def test_in_each_month_the_newest_term_that_has_begun_counts(
    connection: Connection, people: list[Terms]
) -> None:
    savepoint = connection.begin_nested()
    for number, terms in enumerate(people):
        _put(connection, f"{number:012d}", terms)
    due = roster.due_lines(connection, _EMPLOYER, _MONTHS)
    totals = [roster.totals_in(connection, _EMPLOYER, month) for month in _MONTHS]
    savepoint.rollback()

    told = {
        (account_no, month.to_int()): (base, employer_fen, employee_fen)
        for account_no, first, last, employer_fen, employee_fen, base in zip(*due, strict=True)
        for month in YearMonth.from_int(first).through(YearMonth.from_int(last))
    }
    by_hand = {
        (f"{number:012d}", month.to_int()): (base, base * 12, base * 10)
        for number, terms in enumerate(people)
        for month in _MONTHS
        for active, base in [_newest_begun(terms, month)]
        if active
    }
    assert told == by_hand
    spans = zip(due.from_months, due.to_months, strict=True)
    assert sum(len(_between(*span)) for span in spans) == len(told)  # no month twice
    places = list(zip(due.account_nos, due.from_months, strict=True))
    assert places == sorted(places)
    assert totals == [
        (
            sum(base for (_, at), (base, _, _) in by_hand.items() if at == month.to_int()),
            sum(22 * base for (_, at), (base, _, _) in by_hand.items() if at == month.to_int()),
        )
        for month in _MONTHS
    ]


def _between(first: int, last: int) -> list[YearMonth]:
    return list(YearMonth.from_int(first).through(YearMonth.from_int(last)))


def test_a_base_raised_in_january_and_a_seal_in_the_middle(connection: Connection) -> None:
    """October to May. A: base 1 until December, 2 from January on. B: sealed in December, back in March. C begins in
    June only, D ended in September: neither owes anything."""
    _put(connection, "A", {-2: (True, 1), 3: (True, 2), 9: (True, 3)})
    _put(connection, "B", {0: (True, 1), 2: (False, 1), 5: (True, 1)})
    _put(connection, "C", {8: (True, 1)})
    _put(connection, "D", {-2: (True, 1), -1: (False, 1)})

    due = roster.due_lines(connection, _EMPLOYER, _MONTHS)

    assert list(
        zip(due.account_nos, due.from_months, due.to_months, due.bases_fen, strict=True)
    ) == [
        ("A", 201910, 201912, 1),
        ("A", 202001, 202005, 2),
        ("B", 201910, 201911, 1),
        ("B", 202003, 202005, 1),
    ]


def test_nobody_owes_nothing(connection: Connection) -> None:
    due = roster.due_lines(connection, _EMPLOYER, _MONTHS)

    assert (due.account_nos, roster.totals_in(connection, _EMPLOYER, _FIRST)) == ((), (0, 0))
