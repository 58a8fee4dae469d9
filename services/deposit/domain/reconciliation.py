"""The bank's file of one day against the books: every difference is named, and nothing is changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from hpf.deposit.v1 import deposit_service_pb2 as pb

NOT_IN_BOOKS = pb.BANK_DIFFERENCE_KIND_NOT_IN_BOOKS
NOT_AT_BANK = pb.BANK_DIFFERENCE_KIND_NOT_AT_BANK
AMOUNT = pb.BANK_DIFFERENCE_KIND_AMOUNT
REPEATED = pb.BANK_DIFFERENCE_KIND_REPEATED


@dataclass(frozen=True, slots=True)
class BankEntry:
    """One incoming payment of the bank's file; `place` counts its entries from 1."""

    bank_reference: str
    amount_fen: int
    place: int


@dataclass(frozen=True, slots=True)
class Difference:
    """What does not agree; amounts in fen, 0 where a side has nothing."""

    kind: pb.BankDifferenceKind
    bank_reference: str
    bank_fen: int
    books_fen: int
    place: int


def differences(bank: Sequence[BankEntry], books: Mapping[str, int]) -> Iterator[Difference]:
    """Compare the bank's entries with the books' payments of the day (bank reference → fen)."""
    seen: set[str] = set()
    for entry in bank:
        booked = books.get(entry.bank_reference, 0)
        values = (entry.bank_reference, entry.amount_fen, booked, entry.place)
        if entry.bank_reference in seen:
            yield Difference(REPEATED, *values)
        elif entry.bank_reference not in books:
            yield Difference(NOT_IN_BOOKS, *values)
        elif entry.amount_fen != booked:
            yield Difference(AMOUNT, *values)
        seen.add(entry.bank_reference)
    for bank_reference in sorted(books.keys() - seen):
        yield Difference(NOT_AT_BANK, bank_reference, 0, books[bank_reference], 0)
