"""银行对账: the bank's file of a day compared with the books, differences listed; nothing is changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from hpf.deposit.v1 import deposit_service_pb2 as pb

from services.deposit import bank_files
from services.deposit.domain.reconciliation import BankEntry, Difference, EntryKind, differences
from services.deposit.store import bank
from services.kit.app import Call
from services.kit.days import day_of
from services.kit.errors import FIELD_REQUIRED, DomainError, FieldError

# More than anybody reads; the counts tell of the rest.
DIFFERENCES_SHOWN_MAX = 1000

_READERS: dict[int, Callable[[bytes, date], list[BankEntry]]] = {
    pb.BANK_FILE_FORMAT_CSV: bank_files.read_csv,
    pb.BANK_FILE_FORMAT_CAMT_053: bank_files.read_camt_053,
}


def reconcile_bank(call: Call, request: pb.ReconcileBankRequest) -> pb.ReconcileBankResponse:
    """Raises DATE_INVALID, BANK_FILE_INVALID, FIELD_REQUIRED for an unknown format."""
    value_date = day_of(request.value_date, field="value_date")
    read = _READERS.get(request.format)
    if read is None:
        field = FieldError("format", FIELD_REQUIRED.code, "请选择对账文件格式")
        raise DomainError(FIELD_REQUIRED, fields=[field])
    entries = read(request.content, value_date)
    books = bank.payments_of_day(call.connection, value_date)
    found = list(differences(entries, books))
    paid = [entry for entry in entries if entry.kind is EntryKind.BOOKED]
    return pb.ReconcileBankResponse(
        agrees=not found,
        differences=[_message(each) for each in found[:DIFFERENCES_SHOWN_MAX]],
        difference_count=len(found),
        bank_entries=len(paid),
        bank_total_fen=sum(entry.amount_fen for entry in paid),
        book_entries=len(books),
        book_total_fen=sum(books.values()),
    )


def _message(each: Difference) -> pb.BankDifference:
    return pb.BankDifference(
        kind=each.kind,
        bank_reference=each.bank_reference,
        bank_fen=each.bank_fen,
        books_fen=each.books_fen,
        file_row=each.place,
    )
