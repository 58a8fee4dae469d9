"""A whole answer to one query, before it is a workbook, a paper or text: columns, rows as they come, totals.

Rows are read while they are written out, so a list of 100,000 takes no more memory than one of ten.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from hpf.query.v1.query_print_pb2 import QueryPrintKind
from sqlalchemy import Row

from services.kit.money import format_yuan
from services.kit.sheets.columns import Column, ColumnKind
from services.kit.sheets.writer import CellValue


@dataclass(frozen=True, slots=True)
class ListColumn:
    """A column of the workbook, and how wide its texts are on paper."""

    sheet: Column
    print_mm: int

    @property
    def is_amount(self) -> bool:
        return self.sheet.kind is ColumnKind.MONEY


@dataclass(frozen=True, slots=True)
class ListTotal:
    """A total of the whole list: fen when it is a sum of money, else text. It stands `under` a column."""

    label: str
    value: int | str
    under: str

    @property
    def text(self) -> str:
        """As rows show it, without separators between thousands."""
        return self.value if isinstance(self.value, str) else format_yuan(self.value)


@dataclass(frozen=True, slots=True)
class Listing:
    """One answer. `asked` is what was asked for, as labels and texts in Chinese;
    a list of `facts` has two columns, label and value. `row_count` is how many rows will come, 0 when not counted."""

    kind: QueryPrintKind
    title_zh: str
    employer: Row[Any]
    asked: Sequence[tuple[str, str]]
    columns: Sequence[ListColumn]
    rows: Iterable[Sequence[CellValue]]
    totals: Sequence[ListTotal] = ()
    row_count: int = 0
    is_facts: bool = False

    def row(self, **cells: CellValue) -> list[CellValue]:
        """A row from values by column key."""
        return row_of(self.columns, cells)


def row_of(columns: Sequence[ListColumn], cells: dict[str, CellValue]) -> list[CellValue]:
    """A row from values by column key; columns left out are empty."""
    return [cells.get(column.sheet.key) for column in columns]


def cell_text(value: CellValue, column: ListColumn, *, grouping: bool) -> str:
    """A cell as people read it."""
    if value is None:
        return ""
    if isinstance(value, int) and column.is_amount:
        return format_yuan(value, grouping=grouping)
    return str(value)
