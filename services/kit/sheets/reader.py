"""From the cells of a file to the rows of a list: header found by name, every cell as the text a clerk would type.

Serves 导入 (manual §5.1–5.4, §5.7, §6.2). Column order is free, `*`, spaces and full-width forms in titles don't
count, blank rows are skipped and Excel's row numbers kept. What a cell's type has already spoiled (an id number
stored as a number has lost digits) is refused for that cell and never repaired.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from services.kit.errors import DomainError, Reason, fact
from services.kit.sheets import errors
from services.kit.sheets.columns import Column, ColumnKind
from services.kit.sheets.parser import RawRow

# A cell is kept as typed up to here; no declared column needs more.
CELL_CHARS_MAX = 500
# Title lines that may stand above the header.
ROWS_ABOVE_HEADER_MAX = 10
# Columns that our own exports and error workbooks add, and that clerks number rows with.
IGNORED_TITLES_ZH = ("行号", "序号", "错误原因", "备注")

_NOT_IN_TITLES = re.compile(r"[\s*\u200b\ufeff]+")
_CELL_REASONS: dict[str, Reason] = {
    "f": errors.CELL_IS_FORMULA,
    "d": errors.CELL_IS_DATE,
    "o": errors.CELL_UNREADABLE,
}


@dataclass(frozen=True, slots=True)
class FileRow:
    """One row of a list as imported: text by column key, and the reason's code of each refused cell."""

    file_row: int
    cells: dict[str, str]
    refused: dict[str, str] = field(default_factory=dict)


def read_list(
    rows: Sequence[RawRow],
    columns: Sequence[Column],
    *,
    row_limit: int,
    ignored_titles_zh: Iterable[str] = (),
) -> list[FileRow]:
    """The list in a file. Raises DomainError of `sheets.errors` when header or size are not acceptable.

    `ignored_titles_zh` are columns that may stand in the file and are not read, such as looked-up names.
    """
    header, below = _header(rows, columns)
    placed = _placed(header, columns, ignored_titles_zh=ignored_titles_zh)
    found: list[FileRow] = []
    for raw in below:
        row = _file_row(raw, placed)
        if not row.cells:
            continue
        if len(found) == row_limit:
            raise fact(errors.ROW_LIMIT_EXCEEDED, limit=row_limit)
        found.append(row)
    if not found:
        raise DomainError(errors.FILE_HAS_NO_ROWS)
    return found


def plain_title(title: str) -> str:
    """A title as it is compared: `单位缴存比例（%） *` → `单位缴存比例(%)`."""
    return _NOT_IN_TITLES.sub("", unicodedata.normalize("NFKC", title))


# ---------------------------------------------------------------- header


def _header(rows: Sequence[RawRow], columns: Sequence[Column]) -> tuple[RawRow, Sequence[RawRow]]:
    """The first row that names every required column, and the rows below it."""
    if not rows:
        raise DomainError(errors.FILE_HAS_NO_ROWS)
    fewest: list[str] = []
    for index, row in enumerate(rows[:ROWS_ABOVE_HEADER_MAX]):
        titles = {plain_title(title) for title in row.cells if isinstance(title, str)}
        missing = [
            column.title_zh
            for column in columns
            if column.required and not titles & _titles_of(column)
        ]
        if not missing and any(titles & _titles_of(column) for column in columns):
            return row, rows[index + 1 :]
        if index == 0 or len(missing) < len(fewest):
            fewest = missing
    raise fact(errors.HEADER_MISSING, columns="、".join(fewest))


def _placed(
    header: RawRow, columns: Sequence[Column], *, ignored_titles_zh: Iterable[str]
) -> dict[int, Column]:
    """Which column stands at which place; a title that nobody reads is refused, not silently lost."""
    by_title = {title: column for column in columns for title in _titles_of(column)}
    ignored = {plain_title(title) for title in (*IGNORED_TITLES_ZH, *ignored_titles_zh)}
    placed: dict[int, Column] = {}
    unknown: list[str] = []
    for place, cell in enumerate(header.cells):
        if cell is None:
            continue
        title = plain_title(cell) if isinstance(cell, str) else ""
        column = by_title.get(title)
        if column is None:
            if title not in ignored:
                unknown.append(title[:20] or f"第{place + 1}列")
            continue
        if column in placed.values():
            raise fact(errors.HEADER_REPEATED, columns=column.title_zh)
        placed[place] = column
    if unknown:
        raise fact(errors.HEADER_UNKNOWN, columns="、".join(unknown[:10]))
    return placed


def _titles_of(column: Column) -> set[str]:
    return {plain_title(title) for title in (column.title_zh, *column.aliases_zh)}


# ---------------------------------------------------------------- cells


def _file_row(raw: RawRow, placed: dict[int, Column]) -> FileRow:
    row = FileRow(raw.number, {})
    for place, cell in enumerate(raw.cells):
        column = placed.get(place)
        if cell is None or column is None:
            continue
        text, reason = _typed(cell, column)
        if len(text) > CELL_CHARS_MAX:
            text, reason = text[:CELL_CHARS_MAX], errors.CELL_TOO_LONG
        row.cells[column.key] = text
        if reason is not None:
            row.refused[column.key] = reason.code
    return row


def _typed(cell: str | list[str], column: Column) -> tuple[str, Reason | None]:
    """A cell as text, and why it must not be used although its text may look right."""
    if isinstance(cell, str):
        return cell, None
    kind, text = cell
    if kind == "n":
        if column.keeps_digits:
            return text, errors.CELL_IS_NUMBER
        return (_whole_percent(text) if column.kind is ColumnKind.PERCENT else text), None
    if kind == "d" and column.kind is ColumnKind.MONTH:
        return text, None
    return text, _CELL_REASONS[kind]


def _whole_percent(text: str) -> str:
    """Excel stores what it shows as 12% as 0.12; rates are whole percents, so nothing else lies below 1."""
    number = Decimal(text)
    return f"{(number * 100).normalize():f}" if 0 < number < 1 else text
