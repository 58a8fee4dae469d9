"""A list as a file: 导出 the workbook, 打印 what goes on paper, 复制 text to paste (manual 四)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import BinaryIO

from hpf.query.v1 import query_print_pb2

from services.kit.clock import CHINA, business_date
from services.kit.sheets.writer import CellValue, write_list
from services.query.listings.listing import Listing, cell_text

#: A longer print is refused: about 820 pages, a stack that nobody reads; whoever needs more wants the workbook.
PRINT_ROWS_MAX = 20_000

_SEPARATOR = "\t"
_BREAKS = re.compile(r"[\t\r\n\v\f\x85\u2028\u2029]+")
# A spreadsheet takes pasted text that begins with these for a formula; an apostrophe in front makes it text again.
_FORMULA = ("=", "+", "-", "@")


class PrintTooLong(Exception):
    """More rows than a print may have."""


def write_workbook(listing: Listing, target: BinaryIO, *, now: datetime) -> None:
    """The list as .xlsx: rows, then totals and what was asked for."""

    def rows() -> Iterator[list[CellValue]]:
        for row in listing.rows:
            yield list(row)
        if listing.is_facts:
            return
        yield listing.row()
        first, second = (column.sheet.key for column in listing.columns[:2])
        for total in listing.totals:
            yield listing.row(**{first: total.label, total.under: total.value})
        for label, text in _below(listing, now=now):
            yield listing.row(**{first: label, second: text})

    columns = [column.sheet for column in listing.columns]
    write_list(target, columns, title_zh=listing.title_zh, rows=rows())


def write_text(listing: Listing, target: BinaryIO, *, now: datetime) -> None:
    """The list as text with tabs between columns, for pasting elsewhere."""
    for line in _lines(listing):
        target.write(_SEPARATOR.join(_pasted(cell) for cell in line).encode() + b"\r\n")


def print_of(listing: Listing, *, now: datetime) -> query_print_pb2.QueryPrint:
    """The list as it stands on paper. Raises PrintTooLong."""
    employer = listing.employer
    paper = query_print_pb2.QueryPrint(
        kind=listing.kind,
        employer_no=employer.employer_no,
        employer_name=employer.name,
        branch_name=employer.branch_name,
        agent_name=employer.agent_name,
        printed_on=business_date(now).isoformat(),
    )
    if listing.is_facts:
        for label, value in listing.rows:
            paper.fields.add(label=str(label), value=str(value))
        return paper
    for label, text in listing.asked:
        paper.fields.add(label=label, value=text)
    for column in listing.columns:
        paper.columns.add(
            title=column.sheet.title_zh, width_mm=column.print_mm, is_amount=column.is_amount
        )
    for row in islice(listing.rows, PRINT_ROWS_MAX + 1):
        texts = (
            cell_text(value, column, grouping=True)
            for value, column in zip(row, listing.columns, strict=True)
        )
        paper.rows.add(cells=texts)
    if len(paper.rows) > PRINT_ROWS_MAX:
        raise PrintTooLong
    for total in listing.totals:
        if isinstance(total.value, int):
            paper.totals.add(label=total.label, amount_fen=total.value)
        else:
            paper.fields.add(label=total.label, value=total.value)
    return paper


def _below(listing: Listing, *, now: datetime) -> Iterator[tuple[str, str]]:
    """What a workbook says of itself under its rows."""
    yield "单位账号", listing.employer.employer_no
    yield "单位名称", listing.employer.name
    yield from listing.asked
    yield "导出时间", f"{now.astimezone(CHINA):%Y-%m-%d %H:%M:%S}"


def _lines(listing: Listing) -> Iterator[list[str]]:
    yield [column.sheet.title_zh for column in listing.columns]
    for row in listing.rows:
        yield [
            # Without separators between thousands, so that pasted amounts can be summed.
            cell_text(value, column, grouping=False)
            for value, column in zip(row, listing.columns, strict=True)
        ]
    for total in listing.totals:
        yield [total.label, total.text]


def _pasted(text: str) -> str:
    text = _BREAKS.sub(" ", text)
    return f"'{text}" if text.startswith(_FORMULA) and not _is_amount(text) else text


def _is_amount(text: str) -> bool:
    """A negative amount begins with a sign and is one all the same."""
    return re.fullmatch(r"-\d+\.\d\d", text) is not None
