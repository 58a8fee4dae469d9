"""How a business declares its worksheet: columns once, and what only the business knows as functions.

Template, import, entry, validation, echo and export follow from the declaration (manual §5.1–5.4, §5.7, §6.2).
`C` is whatever the owner's functions need to look things up; the kit only passes it on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from services.kit.sheets.columns import Choice, Column
from services.kit.worksheet.rows import ParsedRow, ParsedSheet, RowError

C = TypeVar("C")

# manual §5.7: 数据提交最多不能超过2000条
ROW_LIMIT = 2000


@dataclass(frozen=True, slots=True)
class EchoColumn:
    """A read-only value shown with each row (录入后返显), such as the name behind an account number, or above the
    list, such as the name of the employer that people are transferred to."""

    key: str
    title_zh: str


def _nothing_wrong(_context: object, _sheet: ParsedSheet) -> Iterable[RowError]:
    return ()


def _no_echo(_context: object, _rows: Sequence[ParsedRow]) -> Mapping[str, Mapping[str, str]]:
    return {}


def _no_header_echo(_context: object, _header: ParsedRow) -> Mapping[str, str]:
    return {}


def _nobody(_context: object) -> Iterable[Mapping[str, str]]:
    return ()


def _row_limit(_context: object) -> int:
    return ROW_LIMIT


def _no_choices(_context: object) -> Mapping[str, Sequence[Choice]]:
    return {}


@dataclass(frozen=True, slots=True)
class SheetSpec(Generic[C]):
    """The worksheet of one business. `key` is the business's name on the wire, such as `open_accounts`.

    check_rows  the business's rules; gets the rows without cell errors, gives errors made by `row.error(…)`
    echo        row id → echo key → text, for rows as far as they could be understood
    echo_header the same for the values above the list
    prefill     typed text of the people that a template starts with (sealed ones are left out by the business)
    choices     code tables of CODE columns that are kept in the store, by column key
    """

    key: str
    title_zh: str
    columns: tuple[Column, ...]
    header: tuple[Column, ...] = ()
    # Columns whose values, taken together, may occur once: `(("account_no",),)`.
    unique: tuple[tuple[str, ...], ...] = ()
    echo_columns: tuple[EchoColumn, ...] = ()
    header_echo_columns: tuple[EchoColumn, ...] = ()
    row_limit: int = ROW_LIMIT
    # What the owner allows at present; never more than ROW_LIMIT.
    row_limit_now: Callable[[C], int] = _row_limit
    check_rows: Callable[[C, ParsedSheet], Iterable[RowError]] = _nothing_wrong
    echo: Callable[[C, Sequence[ParsedRow]], Mapping[str, Mapping[str, str]]] = _no_echo
    echo_header: Callable[[C, ParsedRow], Mapping[str, str]] = _no_header_echo
    prefill: Callable[[C], Iterable[Mapping[str, str]]] = _nobody
    choices: Callable[[C], Mapping[str, Sequence[Choice]]] = _no_choices

    def with_choices_of(self, context: C) -> SheetSpec[C]:
        """The same declaration with the store's code tables filled in and the present row limit."""
        tables = self.choices(context)
        return replace(
            self,
            row_limit=min(self.row_limit, self.row_limit_now(context)),
            columns=_filled(self.columns, tables),
            header=_filled(self.header, tables),
        )

    def column(self, key: str) -> Column | None:
        """The column of the list or the header with that key."""
        return next((each for each in (*self.columns, *self.header) if each.key == key), None)


def _filled(
    columns: tuple[Column, ...], tables: Mapping[str, Sequence[Choice]]
) -> tuple[Column, ...]:
    return tuple(
        replace(column, choices=tuple(tables[column.key])) if column.key in tables else column
        for column in columns
    )
