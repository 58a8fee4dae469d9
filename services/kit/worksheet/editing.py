"""Changes of a draft: 录入, 修改, 删除, 清空, 保存, 导入 (manual §5.1–5.4, §5.7, §6.2).

Each takes the draft's lock, checks the revision, changes rows, and gives the draft its next revision. Typed text is
kept whatever it says; what is wrong with its cells is noted on the row at once, the business's own rules follow with
`validation.validate`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from enum import Enum
from typing import TypeVar

from services.kit.errors import DomainError, FieldError, fact
from services.kit.sheets.columns import Column
from services.kit.sheets.errors import CELL_TOO_LONG, ROW_LIMIT_EXCEEDED
from services.kit.sheets.parser import SheetParser
from services.kit.sheets.reader import CELL_CHARS_MAX, FileRow, read_list
from services.kit.worksheet import errors, store
from services.kit.worksheet.cells import parse_row
from services.kit.worksheet.draft import (
    Draft,
    State,
    all_rows,
    sealed_cells,
    sealed_header,
    state_from,
    stored_errors,
    typed_row,
    understood_header,
)
from services.kit.worksheet.rows import TypedRow

C = TypeVar("C")

Cells = Mapping[str, str]


class ImportMode(Enum):
    """What happens to the rows that are there."""

    APPEND = "append"
    REPLACE = "replace"


def add_rows(
    draft: Draft[C], rows: Sequence[Cells], *, expected_revision: int = 0
) -> tuple[State, list[TypedRow]]:
    """录入: append rows; returns the state and the rows with what is wrong with them."""
    given = _checked_rows(draft, rows)
    state = locked(draft, expected_revision=expected_revision)
    added = _append(draft, given, start=state.row_count)
    return _finished(draft), added


def update_row(
    draft: Draft[C], row_id: str, cells: Cells, *, expected_revision: int = 0
) -> tuple[State, TypedRow]:
    """Replace all cells of a row. Raises WORKSHEET_ROW_UNKNOWN."""
    given = _checked(draft.spec.columns, cells, place="row")
    locked(draft, expected_revision=expected_revision)
    number = _row_id(row_id)
    found = store.row_of(draft.connection, draft.key, number)
    if found is None:
        raise DomainError(errors.WORKSHEET_ROW_UNKNOWN)
    before = typed_row(draft, found)
    refused = {
        key: reason
        for key, reason in before.refused.items()
        if given.get(key) == before.cells.get(key)
    }
    after = _judged(draft, TypedRow(row_id, before.row_number, before.file_row, given, refused))
    store.update_row(draft.connection, draft.key, number, _new_row(draft, after))
    return _finished(draft), after


def delete_rows(draft: Draft[C], row_ids: Collection[str], *, expected_revision: int = 0) -> State:
    """删除: rows that are already gone don't matter."""
    locked(draft, expected_revision=expected_revision)
    store.delete_rows(draft.connection, draft.key, [_row_id(each) for each in row_ids])
    return _finished(draft)


def clear(draft: Draft[C], *, expected_revision: int = 0) -> State:
    """清空: rows and header."""
    locked(draft, expected_revision=expected_revision)
    store.delete_all_rows(draft.connection, draft.key)
    store.set_header(draft.connection, draft.key, header_sealed=b"", errors=None)
    return _finished(draft)


def save(
    draft: Draft[C], rows: Sequence[Cells], header: Cells, *, expected_revision: int = 0
) -> tuple[State, list[TypedRow]]:
    """保存: the list and the header become what is given. A cell spoiled by its file stays so until changed."""
    given = _checked_rows(draft, rows)
    given_header = _checked(draft.spec.header, header, place="header")
    locked(draft, expected_revision=expected_revision)
    spoiled = {
        (key, row.cells.get(key, "")): reason
        for row in all_rows(draft)
        for key, reason in row.refused.items()
    }
    replaced = [
        FileRow(0, cells, {k: spoiled[k, v] for k, v in cells.items() if (k, v) in spoiled})
        for cells in (row.cells for row in given)
    ]
    store.delete_all_rows(draft.connection, draft.key)
    added = _append(draft, replaced, start=0)
    _put_header(draft, given_header)
    return _finished(draft), added


def set_header(draft: Draft[C], header: Cells, *, expected_revision: int = 0) -> State:
    """The values above the list become what is given."""
    given = _checked(draft.spec.header, header, place="header")
    locked(draft, expected_revision=expected_revision)
    _put_header(draft, given)
    return _finished(draft)


def import_file(
    draft: Draft[C],
    content: bytes,
    *,
    mode: ImportMode,
    parser: SheetParser,
    expected_revision: int = 0,
) -> tuple[State, list[TypedRow]]:
    """导入: the rows of an .xlsx file. A file that cannot be taken changes nothing."""
    spec = draft.spec
    raw = parser.read(content, sheet_title=spec.title_zh, row_limit=spec.row_limit)
    rows = read_list(
        raw,
        spec.columns,
        row_limit=spec.row_limit,
        ignored_titles_zh=[each.title_zh for each in spec.echo_columns],
    )
    state = locked(draft, expected_revision=expected_revision)
    if mode is ImportMode.REPLACE:
        store.delete_all_rows(draft.connection, draft.key)
    added = _append(draft, rows, start=state.row_count if mode is ImportMode.APPEND else 0)
    return _finished(draft), added


def locked(draft: Draft[C], *, expected_revision: int = 0) -> State:
    """The draft's state under its lock. Raises WORKSHEET_CHANGED when another revision was expected."""
    state = state_from(draft, store.lock_state(draft.connection, draft.key))
    if expected_revision and expected_revision != state.revision:
        raise fact(errors.WORKSHEET_CHANGED, revision=state.revision, expected=expected_revision)
    return state


# ---------------------------------------------------------------- leaves


def _append(draft: Draft[C], rows: Sequence[FileRow], *, start: int) -> list[TypedRow]:
    if rows and start + len(rows) > draft.spec.row_limit:
        raise fact(ROW_LIMIT_EXCEEDED, limit=draft.spec.row_limit)
    judged = [
        _judged(draft, TypedRow("", start + place, row.file_row, row.cells, row.refused))
        for place, row in enumerate(rows, start=1)
    ]
    made = store.insert_rows(draft.connection, draft.key, [_new_row(draft, row) for row in judged])
    return [
        TypedRow(str(row_id), row.row_number, row.file_row, row.cells, row.refused, row.errors)
        for row, row_id in zip(judged, made, strict=True)
    ]


def _judged(draft: Draft[C], row: TypedRow) -> TypedRow:
    parsed = parse_row(row, draft.spec.columns, on=draft.today)
    return TypedRow(row.row_id, row.row_number, row.file_row, row.cells, row.refused, parsed.errors)


def _new_row(draft: Draft[C], row: TypedRow) -> store.NewRow:
    return store.NewRow(
        sealed_cells(draft, row.cells, row.refused), stored_errors(row.errors), row.file_row
    )


def _put_header(draft: Draft[C], header: Cells) -> None:
    store.set_header(
        draft.connection,
        draft.key,
        header_sealed=sealed_header(draft, header),
        errors=stored_errors(understood_header(draft, header).errors),
    )


def _finished(draft: Draft[C]) -> State:
    return state_from(draft, store.finish_change(draft.connection, draft.key, now=draft.now))


def _checked_rows(draft: Draft[C], rows: Sequence[Cells]) -> list[FileRow]:
    if len(rows) > draft.spec.row_limit:
        raise fact(ROW_LIMIT_EXCEEDED, limit=draft.spec.row_limit)
    columns = draft.spec.columns
    return [
        FileRow(0, _checked(columns, cells, place=f"rows[{number}]"))
        for number, cells in enumerate(rows, start=1)
    ]


def _checked(columns: Sequence[Column], cells: Cells, *, place: str) -> dict[str, str]:
    """Only declared columns and lengths that can be kept; empty cells are left out."""
    known = {column.key for column in columns}
    for key, text in cells.items():
        if key not in known:
            wrong, facts = errors.COLUMN_UNKNOWN, {"column": key[:40]}
        elif len(text) > CELL_CHARS_MAX:
            wrong, facts = CELL_TOO_LONG, {"limit": str(CELL_CHARS_MAX)}
        else:
            continue
        sentence = wrong.zh.format_map(facts)
        path = f"{place}.{key[:40]}"
        raise DomainError(wrong, [FieldError(path, wrong.code, sentence)], facts)
    return {key: text for key, text in cells.items() if text}


def _row_id(row_id: str) -> int:
    if not (row_id.isascii() and row_id.isdigit() and len(row_id) < 19):
        raise DomainError(errors.WORKSHEET_ROW_UNKNOWN)
    return int(row_id)
