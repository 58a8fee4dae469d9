"""The bank's file of one day against the books of that day: every difference is named, and nothing is changed.

Both sides are compared by reference and net of what was taken back on the same day: no difference means that they have
the same money.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from hpf.deposit.v1 import deposit_service_pb2 as pb

NOT_IN_BOOKS = pb.BANK_DIFFERENCE_KIND_NOT_IN_BOOKS
NOT_AT_BANK = pb.BANK_DIFFERENCE_KIND_NOT_AT_BANK
AMOUNT = pb.BANK_DIFFERENCE_KIND_AMOUNT
REPEATED = pb.BANK_DIFFERENCE_KIND_REPEATED
PENDING = pb.BANK_DIFFERENCE_KIND_PENDING
TAKEN_BACK = pb.BANK_DIFFERENCE_KIND_TAKEN_BACK
NOT_TAKEN_BACK = pb.BANK_DIFFERENCE_KIND_NOT_TAKEN_BACK


class EntryKind(Enum):
    """What an entry of the bank's file is about money that comes in."""

    BOOKED = "booked"
    PENDING = "pending"  # announced, not on the account yet
    TAKEN_BACK = "taken back"  # the reversal of a payment that had come in
    WENT_OUT = (
        "went out"  # takes a payment back if it bears the reference of one; the file does not say
    )


@dataclass(frozen=True, slots=True)
class BankEntry:
    """One entry of the bank's file about money that comes in; `place` counts the file's entries from 1."""

    bank_reference: str
    amount_fen: int
    place: int
    kind: EntryKind = EntryKind.BOOKED


@dataclass(frozen=True, slots=True)
class BooksOfDay:
    """What a day's file of the bank should show, bank reference → fen: payments with that value date, and those that
    the bank took back with it. What came and went on one day is in neither."""

    came: Mapping[str, int]
    went: Mapping[str, int]

    @property
    def entries(self) -> int:
        return len(self.came) + len(self.went)

    @property
    def total_fen(self) -> int:
        return sum(self.came.values()) - sum(self.went.values())


@dataclass(frozen=True, slots=True)
class Difference:
    """What does not agree; amounts in fen, 0 where a side has nothing."""

    kind: pb.BankDifferenceKind
    bank_reference: str
    bank_fen: int
    books_fen: int
    place: int


def about_payments(entries: Iterable[BankEntry], known: Collection[str]) -> list[BankEntry]:
    """The entries with what went out decided: under a reference of the file's own payments, or one `known` to the
    books, it took that payment back; any other is no affair of payments."""
    found = list(entries)
    came_in = {each.bank_reference for each in found if each.kind is EntryKind.BOOKED}
    return [
        replace(each, kind=EntryKind.TAKEN_BACK) if each.kind is EntryKind.WENT_OUT else each
        for each in found
        if each.kind is not EntryKind.WENT_OUT
        or each.bank_reference in came_in
        or each.bank_reference in known
    ]


def moved(entries: Iterable[BankEntry]) -> tuple[int, int]:
    """How many of the bank's entries moved money of payments, and how much came in by them, net."""
    booked = [each.amount_fen for each in entries if each.kind is EntryKind.BOOKED]
    taken_back = [each.amount_fen for each in entries if each.kind is EntryKind.TAKEN_BACK]
    return len(booked) + len(taken_back), sum(booked) - sum(taken_back)


def differences(bank: Sequence[BankEntry], books: BooksOfDay) -> list[Difference]:
    """Compare the bank's entries with the books: in the file's order, then what the file does not name."""
    by_reference: dict[str, list[BankEntry]] = defaultdict(list)
    for entry in bank:
        by_reference[entry.bank_reference].append(entry)
    unnamed = sorted((books.came.keys() | books.went.keys()) - by_reference.keys())
    named = (
        each
        for reference, entries in by_reference.items()
        for each in _of_reference(reference, entries, books)
    )
    found = sorted(named, key=lambda each: (not each.place, each.place))
    return found + [each for name in unnamed for each in _of_reference(name, (), books)]


def _of_reference(
    reference: str, entries: Sequence[BankEntry], books: BooksOfDay
) -> Iterator[Difference]:
    booked = [each for each in entries if each.kind is EntryKind.BOOKED]
    taken_back = [each for each in entries if each.kind is EntryKind.TAKEN_BACK]
    came, went = books.came.get(reference, 0), books.went.get(reference, 0)
    for each in booked[1:]:
        yield Difference(REPEATED, reference, each.amount_fen, came, each.place)
    bank_came = booked[0].amount_fen if booked else 0
    bank_went = sum(each.amount_fen for each in taken_back)
    if bank_came - bank_went == came - went:
        return
    if bank_came != came:
        yield _of_payment(reference, entries, came)
    if bank_went != went:
        kind = TAKEN_BACK if bank_went else NOT_TAKEN_BACK
        place = taken_back[0].place if taken_back else 0
        yield Difference(kind, reference, bank_went, went, place)


def _of_payment(reference: str, entries: Sequence[BankEntry], came: int) -> Difference:
    """How the payment itself differs, whatever was taken back of it."""
    booked, announced = (
        next((each for each in entries if each.kind is kind), None)
        for kind in (EntryKind.BOOKED, EntryKind.PENDING)
    )
    if booked is not None:
        kind = AMOUNT if came else NOT_IN_BOOKS
        return Difference(kind, reference, booked.amount_fen, came, booked.place)
    if announced is not None:
        return Difference(PENDING, reference, announced.amount_fen, came, announced.place)
    return Difference(NOT_AT_BANK, reference, 0, came, 0)
