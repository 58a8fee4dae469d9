"""The bank's file of one day against the books: every difference is named, and nothing is changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from hpf.deposit.v1 import deposit_service_pb2 as pb

NOT_IN_BOOKS = pb.BANK_DIFFERENCE_KIND_NOT_IN_BOOKS
NOT_AT_BANK = pb.BANK_DIFFERENCE_KIND_NOT_AT_BANK
AMOUNT = pb.BANK_DIFFERENCE_KIND_AMOUNT
REPEATED = pb.BANK_DIFFERENCE_KIND_REPEATED
PENDING = pb.BANK_DIFFERENCE_KIND_PENDING
TAKEN_BACK = pb.BANK_DIFFERENCE_KIND_TAKEN_BACK


class EntryKind(Enum):
    """What an entry of the bank's file is about money that comes in."""

    BOOKED = "booked"
    PENDING = "pending"  # announced, not on the account yet
    TAKEN_BACK = "taken back"  # the reversal of a payment that had come in


@dataclass(frozen=True, slots=True)
class BankEntry:
    """One entry of the bank's file about money that comes in; `place` counts the file's entries from 1."""

    bank_reference: str
    amount_fen: int
    place: int
    kind: EntryKind = EntryKind.BOOKED


@dataclass(frozen=True, slots=True)
class Difference:
    """What does not agree; amounts in fen, 0 where a side has nothing."""

    kind: pb.BankDifferenceKind
    bank_reference: str
    bank_fen: int
    books_fen: int
    place: int


def differences(bank: Sequence[BankEntry], books: Mapping[str, int]) -> Iterator[Difference]:
    """Compare the bank's entries with the books' payments of the day (bank reference → fen).

    The books leave out what was recalled, so a payment that the bank took back on its own day is nowhere there.
    """
    paid: set[str] = set()
    came_in = {each.bank_reference for each in bank if each.kind is EntryKind.BOOKED}
    taken_back = {each.bank_reference for each in bank if each.kind is EntryKind.TAKEN_BACK}
    for entry in bank:
        reference, booked = entry.bank_reference, books.get(entry.bank_reference, 0)
        if entry.kind is not EntryKind.BOOKED:
            kind = _of_no_payment(entry, booked=booked, came_in=reference in came_in)
        elif reference in paid:
            kind = REPEATED
        elif not booked:
            kind = None if reference in taken_back else NOT_IN_BOOKS
        else:
            kind = None if entry.amount_fen == booked else AMOUNT
        if entry.kind is EntryKind.BOOKED:
            paid.add(reference)
        if kind is not None:
            yield Difference(kind, reference, entry.amount_fen, booked, entry.place)
    named = {each.bank_reference for each in bank}
    for bank_reference in sorted(books.keys() - named):
        yield Difference(NOT_AT_BANK, bank_reference, 0, books[bank_reference], 0)


def _of_no_payment(entry: BankEntry, *, booked: int, came_in: bool) -> pb.BankDifferenceKind | None:
    if entry.kind is EntryKind.PENDING:
        return PENDING if booked and not came_in else None
    return TAKEN_BACK if booked or not came_in else None
