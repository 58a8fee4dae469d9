"""Reads the bank's daily file: CSV with a header line, or an ISO 20022 camt.053 statement (docs/bank.md).

Only money that came in counts. Nothing of the file is trusted: it is bounded in size, and XML is read without entities
or network.
"""

from __future__ import annotations

import csv
import io
from datetime import date

from lxml import etree  # type: ignore[import-untyped]  # lxml ships no types

from services.deposit.domain.bank_spelling import spelled
from services.deposit.domain.reconciliation import BankEntry, EntryKind
from services.deposit.errors import BANK_FILE_INVALID
from services.kit.errors import DomainError, fact
from services.kit.money import parse_yuan

# A city's day is some thousand payments of 200 bytes; a message of the bus takes no more anyway.
FILE_BYTES_MAX = 4 * 2**20
ENTRIES_MAX = 50_000

# What `Sts` says of an entry that is on the account; others are only announced (PDNG, INFO, FUTR).
_BOOKED = "BOOK"

CSV_COLUMNS = ("value_date", "bank_reference", "amount")


def read_csv(content: bytes, value_date: date) -> list[BankEntry]:
    """Entries of one value date. Raises BANK_FILE_INVALID with the line at fault."""
    reader = csv.DictReader(io.StringIO(_text(content)), strict=True)
    try:
        if not set(CSV_COLUMNS) <= set(reader.fieldnames or ()):
            raise _invalid(f"首行应包含 {', '.join(CSV_COLUMNS)}")
        entries = []
        for row in reader:
            entry = _csv_entry(row, value_date, line=reader.line_num)
            if entry is not None:
                entries.append(entry)
            _check_count(entries)
        return entries
    except csv.Error:
        raise _invalid(f"第 {reader.line_num} 行格式错误") from None


def read_camt_053(content: bytes, value_date: date) -> list[BankEntry]:
    """Entries of one value date about incoming payments, in yuan: booked, pending, taken back. Raises BANK_FILE_INVALID with the entry at fault."""
    _check_size(content)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False
    )
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError:
        raise _invalid("不是有效的 XML") from None
    if not root.tag.endswith("}Document") or "camt.053" not in root.tag:
        raise _invalid("不是 camt.053 报文")
    entries: list[BankEntry] = []
    for place, entry in enumerate(root.iter("{*}Ntry"), start=1):
        kind = _kind_of(entry)
        if kind is not None and _camt_day(entry, place=place) == value_date:
            entries.append(_camt_entry(entry, kind, place=place))
        _check_count(entries)
    return entries


# ---------------------------------------------------------------- leaves


def _csv_entry(row: dict[str, str], value_date: date, *, line: int) -> BankEntry | None:
    day = _day(row["value_date"], where=f"第 {line} 行")
    amount = _fen(row["amount"], where=f"第 {line} 行")
    if day != value_date or amount <= 0:
        return None
    return BankEntry(_reference(row["bank_reference"], where=f"第 {line} 行"), amount, line)


def _kind_of(entry: etree._Element) -> EntryKind | None:
    """None for what is not about a payment that comes in: one that goes out, or the return of such a one."""
    came_in = entry.findtext("{*}CdtDbtInd") == "CRDT"
    reverses = (entry.findtext("{*}RvslInd") or "").strip() in ("true", "1")
    if came_in == reverses:
        return None
    # `Sts` holds the code itself up to version 2 of the message, and in an element of its own from 8 on.
    status = _first_text(entry, "{*}Sts/{*}Cd", "{*}Sts") or _BOOKED
    if status != _BOOKED:
        return EntryKind.PENDING if came_in else None
    return EntryKind.BOOKED if came_in else EntryKind.TAKEN_BACK


def _camt_day(entry: etree._Element, *, place: int) -> date:
    day = _first_text(
        entry, "{*}ValDt/{*}Dt", "{*}ValDt/{*}DtTm", "{*}BookgDt/{*}Dt", "{*}BookgDt/{*}DtTm"
    )
    # A date with a time of day is the bank's own local time: its first ten characters are the date.
    return _day(day[:10], where=f"第 {place} 笔")


def _camt_entry(entry: etree._Element, kind: EntryKind, *, place: int) -> BankEntry:
    where = f"第 {place} 笔"
    amount = entry.find("{*}Amt")
    if amount is None or amount.get("Ccy") != "CNY":
        raise _invalid(f"{where}的币种不是 CNY")
    reference = entry.findtext("{*}AcctSvcrRef") or entry.findtext(
        "{*}NtryDtls/{*}TxDtls/{*}Refs/{*}AcctSvcrRef"
    )
    fen = _fen(amount.text, where=where)
    return BankEntry(_reference(reference, where=where), fen, place, kind)


def _first_text(entry: etree._Element, *paths: str) -> str:
    texts = (entry.findtext(path) for path in paths)
    return next((text.strip() for text in texts if text and text.strip()), "")


def _text(content: bytes) -> str:
    _check_size(content)
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise _invalid("编码应为 UTF-8 或 GB18030")


def _check_size(content: bytes) -> None:
    if len(content) > FILE_BYTES_MAX:
        raise _invalid(f"文件不能超过 {FILE_BYTES_MAX // 2**20} MB")


def _check_count(entries: list[BankEntry]) -> None:
    if len(entries) > ENTRIES_MAX:
        raise _invalid(f"不能超过 {ENTRIES_MAX} 笔")


def _day(text: str | None, *, where: str) -> date:
    try:
        return date.fromisoformat((text or "").strip())
    except ValueError:
        raise _invalid(f"{where}的日期应为 YYYY-MM-DD") from None


def _fen(text: str | None, *, where: str) -> int:
    try:
        return parse_yuan(text or "")
    except ValueError:
        raise _invalid(f"{where}的金额应为最多两位小数的元") from None


def _reference(text: str | None, *, where: str) -> str:
    if not (text or "").strip():
        raise _invalid(f"{where}没有银行流水号")
    reference = spelled(text or "")
    if reference is None:
        raise _invalid(f"{where}的银行流水号有无法识别的字符或过长")
    return reference


def _invalid(fault: str) -> DomainError:
    return fact(BANK_FILE_INVALID, fault=fault)
