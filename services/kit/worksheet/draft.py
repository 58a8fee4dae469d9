"""The draft of one employer's worksheet: what its stored rows are, and a page of them to look at (manual 刷新, 原始数据).

A row's content is sealed as JSON: `c` what was typed by column, `r` the reason's code of cells whose file cell had
a type that already spoiled them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic, Protocol, TypeVar

from sqlalchemy import Connection
from sqlalchemy.engine import RowMapping

from services.kit.clock import business_date
from services.kit.errors import PAGE_TOKEN_INVALID, DomainError
from services.kit.worksheet import store
from services.kit.worksheet.cells import parse_row
from services.kit.worksheet.rows import CellError, ParsedRow, TypedRow
from services.kit.worksheet.spec import SheetSpec

C = TypeVar("C")

PAGE_ROWS = 100
# A page of 500 rows is some 200 KB, well inside a message.
PAGE_ROWS_MAX = 500


class Sealer(Protocol):
    """Keeps rows unreadable at rest."""

    def seal(self, plain: bytes) -> bytes: ...
    def open(self, sealed: bytes) -> bytes: ...


See = Callable[[Mapping[str, str], Sequence[Mapping[str, str]]], None]


@dataclass(frozen=True)
class Draft(Generic[C]):
    """Everything an operation needs: whose draft of which business, in which transaction, at what time.

    `context` goes to the functions of the spec; `see` is told header and rows when the list is taken to be submitted.
    """

    connection: Connection
    vault: Sealer
    spec: SheetSpec[C]
    employer_no: str
    now: datetime
    context: C
    see: See | None = None

    @property
    def key(self) -> store.DraftKey:
        return store.DraftKey(self.employer_no, self.spec.key)

    @property
    def today(self) -> date:
        return business_date(self.now)


@dataclass(frozen=True, slots=True)
class State:
    """The draft without its rows."""

    business: str
    revision: int
    row_count: int
    bad_row_count: int
    validated: bool
    saved_at: datetime | None
    header: Mapping[str, str]
    header_errors: Sequence[CellError]
    row_limit: int


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows in order; `next_token` is empty on the last page."""

    rows: Sequence[TypedRow]
    next_token: str


def state_of(draft: Draft[C]) -> State:
    """The draft as it is; empty with revision 0 when nothing was ever entered."""
    found = store.find_state(draft.connection, draft.key)
    return state_from(draft, found) if found else _never_entered(draft)


def state_from(draft: Draft[C], found: RowMapping) -> State:
    """A stored draft as a State."""
    return State(
        business=draft.spec.key,
        revision=found["revision"],
        row_count=found["row_count"],
        bad_row_count=found["bad_row_count"],
        validated=found["validated_revision"] == found["revision"],
        saved_at=found["saved_at"],
        header=open_header(draft, found["header_sealed"]),
        header_errors=loaded_errors(found["header_errors"]),
        row_limit=draft.spec.row_limit,
    )


def page(draft: Draft[C], *, size: int = 0, token: str = "", bad_only: bool = False) -> Page:
    """Rows after the one that `token` names. Raises PAGE_TOKEN_INVALID."""
    if token and not (token.isascii() and token.isdigit() and len(token) < 19):
        raise DomainError(PAGE_TOKEN_INVALID)
    limit = min(size, PAGE_ROWS_MAX) if size > 0 else PAGE_ROWS
    found = store.page_of(
        draft.connection, draft.key, after=int(token or 0), limit=limit + 1, bad_only=bad_only
    )
    shown = found[:limit]
    more = str(shown[-1]["ordinal"]) if len(found) > limit else ""
    return Page([typed_row(draft, each) for each in shown], more)


def all_rows(draft: Draft[C]) -> list[TypedRow]:
    """Every row in order."""
    return [typed_row(draft, each) for each in store.rows_of(draft.connection, draft.key)]


def typed_row(draft: Draft[C], found: RowMapping) -> TypedRow:
    """A stored row as typed."""
    content = json.loads(draft.vault.open(found["cells_sealed"]))
    return TypedRow(
        row_id=str(found["row_id"]),
        row_number=found["row_number"],
        file_row=found["file_row"],
        cells=content["c"],
        refused=content.get("r", {}),
        errors=loaded_errors(found["errors"]),
    )


def understood(draft: Draft[C], rows: Iterable[TypedRow]) -> list[ParsedRow]:
    """Rows with their cells parsed."""
    columns, today = draft.spec.columns, draft.today
    return [parse_row(row, columns, on=today) for row in rows]


def understood_header(draft: Draft[C], header: Mapping[str, str]) -> ParsedRow:
    """The values above the list, parsed."""
    return parse_row(TypedRow("", 0, 0, header), draft.spec.header, on=draft.today)


def echo_of(draft: Draft[C], rows: Sequence[TypedRow]) -> Mapping[str, Mapping[str, str]]:
    """What the business shows beside each row (录入后返显), by row id."""
    return draft.spec.echo(draft.context, understood(draft, rows)) if rows else {}


def header_echo_of(draft: Draft[C], header: Mapping[str, str]) -> Mapping[str, str]:
    """What the business shows beside the values above the list."""
    if not draft.spec.header:
        return {}
    return draft.spec.echo_header(draft.context, understood_header(draft, header))


def sealed_cells(draft: Draft[C], cells: Mapping[str, str], refused: Mapping[str, str]) -> bytes:
    """A row's content as stored."""
    content: dict[str, Any] = {"c": dict(cells)}
    if refused:
        content["r"] = dict(refused)
    return draft.vault.seal(json.dumps(content, ensure_ascii=False).encode())


def sealed_header(draft: Draft[C], header: Mapping[str, str]) -> bytes:
    """The header as stored; empty stays empty."""
    return (
        draft.vault.seal(json.dumps(dict(header), ensure_ascii=False).encode()) if header else b""
    )


def open_header(draft: Draft[C], sealed: bytes) -> dict[str, str]:
    header: dict[str, str] = json.loads(draft.vault.open(sealed)) if sealed else {}
    return header


def stored_errors(found: Iterable[CellError]) -> store.StoredErrors:
    """Errors of one row as stored: None when there are none."""
    return [{"field": e.field, "reason": e.reason, "zh": e.zh} for e in found] or None


def loaded_errors(found: store.StoredErrors) -> tuple[CellError, ...]:
    return tuple(CellError(each["field"], each["reason"], each["zh"]) for each in found or ())


def _never_entered(draft: Draft[C]) -> State:
    return State(
        business=draft.spec.key,
        revision=0,
        row_count=0,
        bad_row_count=0,
        validated=False,
        saved_at=None,
        header={},
        header_errors=(),
        row_limit=draft.spec.row_limit,
    )
