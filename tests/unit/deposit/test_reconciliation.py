"""The bank's day against the books' day: each difference has its name, and agreeing means that the money is the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.deposit.domain.reconciliation import (
    AMOUNT,
    NOT_AT_BANK,
    NOT_IN_BOOKS,
    NOT_TAKEN_BACK,
    PENDING,
    REPEATED,
    TAKEN_BACK,
    BankEntry,
    BooksOfDay,
    Difference,
    EntryKind,
    about_payments,
    differences,
    moved,
)

BOOKED, BACK = EntryKind.BOOKED, EntryKind.TAKEN_BACK


def file_of(*entries: tuple[str, int, EntryKind]) -> list[BankEntry]:
    return [
        BankEntry(reference, fen, place, kind)
        for place, (reference, fen, kind) in enumerate(entries, start=1)
    ]


def books_of(came: dict[str, int], **went: int) -> BooksOfDay:
    return BooksOfDay(came=came, went=went)


def test_a_file_like_the_books_shows_no_difference() -> None:
    bank = file_of(("a", 1, BOOKED), ("b", 2, BOOKED), ("c", 3, BACK))

    assert differences(bank, books_of({"b": 2, "a": 1}, c=3)) == []


def test_each_kind_of_difference_has_its_name() -> None:
    bank = file_of(
        ("a", 1, BOOKED),
        ("b", 3, BOOKED),
        ("a", 1, BOOKED),
        ("p", 4, EntryKind.PENDING),
        ("t", 5, BACK),
    )

    found = differences(bank, books_of({"b": 2, "c": 9, "p": 4}, u=6))

    assert found == [
        Difference(NOT_IN_BOOKS, "a", 1, 0, 1),
        Difference(AMOUNT, "b", 3, 2, 2),
        Difference(REPEATED, "a", 1, 0, 3),
        Difference(PENDING, "p", 4, 4, 4),
        Difference(TAKEN_BACK, "t", 5, 0, 5),
        Difference(NOT_AT_BANK, "c", 0, 9, 0),
        Difference(NOT_TAKEN_BACK, "u", 0, 6, 0),
    ]


@pytest.mark.parametrize(
    ("bank", "books", "kinds"),
    [
        # 100 came and 40 went back, and the books have nothing: 60 are missing.
        (file_of(("a", 100, BOOKED), ("a", 40, BACK)), books_of({}), [NOT_IN_BOOKS, TAKEN_BACK]),
        (file_of(("a", 100, BOOKED), ("a", 40, BACK)), books_of({"a": 100}), [TAKEN_BACK]),
        (file_of(("a", 100, BOOKED), ("a", 40, BACK)), books_of({"a": 60}), []),
        (file_of(("a", 100, BOOKED), ("a", 60, BACK), ("a", 40, BACK)), books_of({}), []),
        (file_of(("a", 100, BOOKED), ("a", 100, BACK)), books_of({"a": 100}), [TAKEN_BACK]),
        (file_of(("a", 100, BACK)), books_of({}, a=99), [TAKEN_BACK]),
        (file_of(("a", 100, BACK)), books_of({}, a=100), []),
        (file_of(("a", 100, EntryKind.PENDING)), books_of({}), []),
        (file_of(("a", 0, BOOKED)), books_of({}), []),
    ],
)
def test_what_went_back_counts_against_what_came(
    bank: list[BankEntry], books: BooksOfDay, kinds: list[int]
) -> None:
    assert [each.kind for each in differences(bank, books)] == kinds


def test_what_went_out_takes_back_a_payment_only_under_its_reference() -> None:
    out = EntryKind.WENT_OUT
    bank = file_of(("a", 5, BOOKED), ("a", 5, out), ("known", 3, out), ("rent", 7, out))

    found = about_payments(bank, {"known"})

    assert [(each.bank_reference, each.kind) for each in found] == [
        ("a", BOOKED),
        ("a", BACK),
        ("known", BACK),
    ]


# ---------------------------------------------------------------- against a simple model

REFERENCES = st.sampled_from("abcdef")
AMOUNTS = st.integers(1, 4)
ENTRIES = st.lists(
    st.tuples(REFERENCES, AMOUNTS, st.sampled_from([BOOKED, BACK, EntryKind.PENDING])), max_size=8
)
DAYS = st.builds(
    BooksOfDay,
    came=st.dictionaries(REFERENCES, AMOUNTS),
    went=st.dictionaries(REFERENCES, AMOUNTS),
)


def nets(entries: Sequence[tuple[str, int, EntryKind]]) -> Counter[str]:
    """Money at the bank by reference, as anybody would add it up."""
    money: Counter[str] = Counter()
    for reference, fen, kind in entries:
        money[reference] += {BOOKED: fen, BACK: -fen}.get(kind, 0)
    return money


@given(ENTRIES, DAYS)
def test_no_difference_means_the_same_money_and_nothing_twice(
    entries: list[tuple[str, int, EntryKind]], books: BooksOfDay
) -> None:
    bank = file_of(*entries)
    at_bank = nets(entries)
    in_books = Counter(books.came)
    in_books.subtract(books.went)
    booked = [reference for reference, _, kind in entries if kind is BOOKED]
    is_clean = len(set(booked)) == len(booked) and all(
        at_bank[each] == in_books[each] for each in "abcdef"
    )

    found = differences(bank, books)

    assert (not found) is is_clean
    if is_clean:
        assert moved(bank)[1] == books.total_fen


@given(DAYS, st.permutations(range(20)), st.integers(1, 3))
def test_a_file_made_from_the_books_agrees_and_one_fen_more_does_not(
    books: BooksOfDay, order: list[int], fen: int
) -> None:
    made = [(reference, amount, BOOKED) for reference, amount in books.came.items()]
    made += [(reference, amount, BACK) for reference, amount in books.went.items()]
    # What the bank alone has seen come and go, and what it has announced, are no payments.
    made += [("elsewhere", fen, BOOKED), ("elsewhere", fen, BACK)]
    made += [("announced", fen, EntryKind.PENDING)]
    shuffled = [made[place] for place in order if place < len(made)]

    assert differences(file_of(*shuffled), books) == []
    for place, (reference, amount, kind) in enumerate(shuffled):
        if kind is not EntryKind.PENDING:
            wrong = [*shuffled]
            wrong[place] = (reference, amount + fen, kind)
            assert differences(file_of(*wrong), books) != []
