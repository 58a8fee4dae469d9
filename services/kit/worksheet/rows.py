"""Rows of a worksheet as typed and as understood, and what is wrong with them (manual §5.1 原始数据, 批量错误信息)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from services.kit.errors import FieldError, Reason
from services.kit.months import YearMonth

#: What a cell means: text, code or number as str, money as int fen, percent as int, month as YearMonth.
Value = str | int | YearMonth


@dataclass(frozen=True, slots=True)
class CellError:
    """What is wrong with one cell, or with the row when `field` is empty."""

    field: str
    reason: str
    zh: str

    @classmethod
    def of(cls, key: str, reason: Reason, **facts: object) -> CellError:
        """With the reason's Chinese sentence about `facts`."""
        return cls(key, reason.code, reason.zh.format_map({k: str(v) for k, v in facts.items()}))


@dataclass(frozen=True, slots=True)
class RowError:
    """A cell error with its place. Row number 0 and an empty id mean the header or the list as a whole."""

    row_id: str
    row_number: int
    file_row: int
    error: CellError

    def as_field_error(self) -> FieldError:
        """Its path in an error reply: `rows[3].base` (row number 3 as the clerk sees it), `header.total`."""
        place = f"rows[{self.row_number}]" if self.row_number else "header"
        path = f"{place}.{self.error.field}" if self.error.field else place
        return FieldError(path, self.error.reason, self.error.zh)


@dataclass(frozen=True, slots=True)
class ParsedRow:
    """One row, or the header, as far as it could be understood. Empty optional cells have no value."""

    row_id: str
    row_number: int
    file_row: int
    cells: Mapping[str, str]
    values: Mapping[str, Value]
    errors: Sequence[CellError] = ()

    def has(self, key: str) -> bool:
        """Whether the cell was filled in and understood."""
        return key in self.values

    def text(self, key: str, default: str | None = None) -> str:
        """Text, name, code, id number, mobile or account number. KeyError without value and default."""
        value = self._value(key, default)
        if not isinstance(value, str):
            raise TypeError(f"{key} is not text")
        return value

    def fen(self, key: str, default: int | None = None) -> int:
        """A MONEY cell in fen."""
        return self._number(key, default)

    def percent(self, key: str, default: int | None = None) -> int:
        """A PERCENT cell in whole percent."""
        return self._number(key, default)

    def count(self, key: str, default: int | None = None) -> int:
        """A COUNT cell."""
        return self._number(key, default)

    def month(self, key: str, default: YearMonth | None = None) -> YearMonth:
        value = self._value(key, default)
        if not isinstance(value, YearMonth):
            raise TypeError(f"{key} is not a month")
        return value

    def error(self, key: str, reason: Reason, **facts: object) -> RowError:
        """An error of this row's cell `key` (or of the row: ""), for `SheetSpec.check_rows`."""
        return self.place(CellError.of(key, reason, **facts))

    def place(self, error: CellError) -> RowError:
        """A cell error as one of this row."""
        return RowError(self.row_id, self.row_number, self.file_row, error)

    def _number(self, key: str, default: int | None) -> int:
        value = self._value(key, default)
        if not isinstance(value, int):
            raise TypeError(f"{key} is not a number")
        return value

    def _value(self, key: str, default: Value | None) -> Value:
        if key in self.values:
            return self.values[key]
        if default is None:
            raise KeyError(key)
        return default


@dataclass(frozen=True, slots=True)
class ParsedSheet:
    """What a business's rules look at: the rows that are free of cell errors."""

    header: ParsedRow
    rows: Sequence[ParsedRow]
    # False when rows with cell errors were left out: sums over the list prove nothing then.
    complete: bool = True


@dataclass(frozen=True, slots=True)
class TypedRow:
    """One row as typed and kept. `refused` has the reason's code of cells whose file cell had a wrong type."""

    row_id: str
    row_number: int
    file_row: int
    cells: Mapping[str, str]
    refused: Mapping[str, str] = field(default_factory=dict)
    errors: Sequence[CellError] = ()
