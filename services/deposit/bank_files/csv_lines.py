"""The bank's file as CSV with a header line, one line an entry, amounts in yuan."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date

from services.deposit.bank_files.values import (
    Entries,
    check_size,
    day_of,
    fen_of,
    invalid,
    reference_of,
)
from services.deposit.domain.bank_spelling import spelled
from services.deposit.domain.reconciliation import BankEntry, EntryKind

COLUMNS = ("value_date", "bank_reference", "amount")


def read_csv(content: bytes, value_date: date) -> list[BankEntry]:
    """Entries of one value date: booked, and what went out. Raises BANK_FILE_INVALID with the line at fault."""
    reader = csv.DictReader(io.StringIO(_text(content)), strict=True)
    entries = Entries()
    try:
        _check_header(reader.fieldnames or ())
        for row in reader:
            entry = _entry(row, value_date, where=f"第 {reader.line_num} 行", line=reader.line_num)
            if entry is not None:
                entries.add(entry)
    except csv.Error:
        raise invalid(f"第 {reader.line_num} 行格式错误") from None
    return entries.found


def _check_header(names: Sequence[str]) -> None:
    if not set(COLUMNS) <= set(names):
        raise invalid(f"首行应包含 {', '.join(COLUMNS)}")
    # Of two columns of a name the last would count, whichever that is.
    if len(set(names)) < len(names):
        raise invalid("首行有重复的列名")


def _entry(
    row: dict[str | None, str | None], value_date: date, *, where: str, line: int
) -> BankEntry | None:
    # A cell too many is most often an amount with a comma that is not quoted: 1,000.00 would be read as 1.
    if None in row:
        raise invalid(f"{where}的列数多于首行，含逗号的金额应加引号")
    cells = {name: row[name] or "" for name in COLUMNS}
    day = day_of(cells["value_date"], where=where)
    fen = fen_of(cells["amount"], where=where)
    if day != value_date or not fen:
        return None
    if fen > 0:
        return BankEntry(reference_of(cells["bank_reference"], where=where), fen, line)
    # Whatever has no reference of ours is no payment that could be taken back.
    reference = spelled(cells["bank_reference"])
    return BankEntry(reference, -fen, line, EntryKind.WENT_OUT) if reference else None


def _text(content: bytes) -> str:
    check_size(content)
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise invalid("编码应为 UTF-8 或 GB18030")
