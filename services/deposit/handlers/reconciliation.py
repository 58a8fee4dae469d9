"""银行对账: the bank's file of a day compared with the books, differences listed; nothing is changed."""

from __future__ import annotations

from datetime import date

from hpf.deposit.v1 import deposit_service_pb2 as pb

from services.deposit.bank_files import read_camt_053, read_csv
from services.deposit.domain.reconciliation import (
    BankEntry,
    Difference,
    EntryKind,
    about_payments,
    differences,
    moved,
)
from services.deposit.store import bank
from services.kit.app import Call
from services.kit.days import day_of
from services.kit.errors import FIELD_REQUIRED, DomainError, FieldError

# More than anybody reads; the counts tell of the rest.
DIFFERENCES_SHOWN_MAX = 1000


def reconcile_bank(call: Call, request: pb.ReconcileBankRequest) -> pb.ReconcileBankResponse:
    """Raises DATE_INVALID, BANK_FILE_INVALID, FIELD_REQUIRED for an unknown format."""
    value_date = day_of(request.value_date, field="value_date")
    entries = _entries(call, request, value_date)
    books = bank.books_of_day(call.connection, value_date)
    found = differences(entries, books)
    bank_entries, bank_total_fen = moved(entries)
    return pb.ReconcileBankResponse(
        agrees=not found,
        differences=[_message(each) for each in found[:DIFFERENCES_SHOWN_MAX]],
        difference_count=len(found),
        bank_entries=bank_entries,
        bank_total_fen=bank_total_fen,
        book_entries=books.entries,
        book_total_fen=books.total_fen,
    )


def _entries(call: Call, request: pb.ReconcileBankRequest, value_date: date) -> list[BankEntry]:
    if request.format == pb.BANK_FILE_FORMAT_CAMT_053:
        return read_camt_053(request.content, value_date, account=call.settings.bank_account)
    if request.format != pb.BANK_FILE_FORMAT_CSV:
        field = FieldError("format", FIELD_REQUIRED.code, "请选择对账文件格式")
        raise DomainError(FIELD_REQUIRED, fields=[field])
    entries = read_csv(request.content, value_date)
    went_out = [each.bank_reference for each in entries if each.kind is EntryKind.WENT_OUT]
    return about_payments(entries, bank.known_references(call.connection, went_out))


def _message(each: Difference) -> pb.BankDifference:
    return pb.BankDifference(
        kind=each.kind,
        bank_reference=each.bank_reference,
        bank_fen=each.bank_fen,
        books_fen=each.books_fen,
        file_row=each.place,
    )
