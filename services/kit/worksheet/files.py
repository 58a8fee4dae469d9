"""The workbooks of a worksheet: template, export and errors (manual 导入模板, 导出, 批量错误信息)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from services.kit.sheets.columns import Column, ColumnKind
from services.kit.sheets.writer import CellValue, list_bytes, template_bytes
from services.kit.worksheet.draft import Draft, all_rows, echo_of, understood
from services.kit.worksheet.rows import ParsedRow, TypedRow

C = TypeVar("C")

_NUMBER_COLUMN = Column("row_number", "行号", ColumnKind.COUNT, width=6)
# 错误原因 is not read when the file comes back corrected.
_ERRORS_COLUMN = Column("errors", "错误原因", ColumnKind.TEXT, width=60)


@dataclass(frozen=True, slots=True)
class SheetFile:
    """A workbook and the name to save it under."""

    name: str
    content: bytes


def template(draft: Draft[C], *, prefilled: bool = False) -> SheetFile:
    """The workbook to fill in, with the business's eligible people when `prefilled`."""
    spec = draft.spec
    people = spec.prefill(draft.context) if prefilled else ()
    rows = [[cells.get(column.key) for column in spec.columns] for cells in people]
    content = template_bytes(
        spec.columns, title_zh=spec.title_zh, row_limit=spec.row_limit, rows=rows[: spec.row_limit]
    )
    return SheetFile(f"{spec.title_zh}模板.xlsx", content)


def export(draft: Draft[C]) -> SheetFile:
    """导出: the list as it stands with what is shown beside it; amounts as numbers where they are amounts."""
    rows = all_rows(draft)
    echo = echo_of(draft, rows)
    shown = [Column(each.key, each.title_zh, width=20) for each in draft.spec.echo_columns]
    columns = [_NUMBER_COLUMN, *draft.spec.columns, *shown]
    lines = (
        [typed.row_number, *_values(draft, parsed), *_echoed(shown, echo.get(typed.row_id, {}))]
        for typed, parsed in zip(rows, understood(draft, rows), strict=True)
    )
    title = draft.spec.title_zh
    return SheetFile(f"{title}清单.xlsx", list_bytes(columns, title_zh=title, rows=lines))


def error_workbook(draft: Draft[C]) -> SheetFile:
    """Every bad row as typed with its reasons in red; it can be corrected and imported again."""
    columns = [_NUMBER_COLUMN, *draft.spec.columns, _ERRORS_COLUMN]
    bad = [row for row in all_rows(draft) if row.errors]
    lines = (
        [
            row.row_number,
            *(row.cells.get(column.key) for column in draft.spec.columns),
            _sentences(draft, row),
        ]
        for row in bad
    )
    title = draft.spec.title_zh
    content = list_bytes(columns, title_zh=title, rows=lines, red_keys=frozenset({"errors"}))
    return SheetFile(f"{title}错误信息.xlsx", content)


def _values(draft: Draft[C], row: ParsedRow) -> Iterator[CellValue]:
    """The value where it was understood, the typed text where not."""
    for column in draft.spec.columns:
        yield row.values.get(column.key, row.cells.get(column.key))


def _echoed(columns: Sequence[Column], echo: Mapping[str, str]) -> Iterator[CellValue]:
    for column in columns:
        yield echo.get(column.key)


def _sentences(draft: Draft[C], row: TypedRow) -> str:
    """`证件号码：…；手机号码：…`"""
    titles = {column.key: column.title_zh for column in draft.spec.columns}
    return "；".join(
        f"{titles[error.field]}：{error.zh}" if error.field in titles else error.zh
        for error in row.errors
    )
