"""Every row against every rule, and every bad row named at once (manual §5.1 批量错误信息).

First each cell on its own, then repeated rows, then the business's rules over the rows whose cells are right.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from services.kit.worksheet import errors, store
from services.kit.worksheet.draft import (
    Draft,
    State,
    all_rows,
    state_from,
    stored_errors,
    understood,
    understood_header,
)
from services.kit.worksheet.editing import locked
from services.kit.worksheet.rows import CellError, ParsedRow, ParsedSheet, RowError
from services.kit.worksheet.spec import SheetSpec

C = TypeVar("C")

# Of a value that many rows share, the first others are named.
REPEATED_ROWS_NAMED_MAX = 5


@dataclass(frozen=True, slots=True)
class Verdict:
    """The whole list as understood, and everything that is wrong with it, in row order."""

    header: ParsedRow
    rows: Sequence[ParsedRow]
    errors: Sequence[RowError]


def validate(draft: Draft[C], *, expected_revision: int = 0) -> tuple[State, Verdict]:
    """Judge the list and keep the errors on its rows."""
    state = locked(draft, expected_revision=expected_revision)
    verdict = judge(draft, state)
    return keep(draft, verdict), verdict


def judge(draft: Draft[C], state: State) -> Verdict:
    """What is wrong with the list as it stands; changes nothing."""
    header = understood_header(draft, state.header)
    rows = understood(draft, all_rows(draft))
    found = [row.place(error) for row in (header, *rows) for error in row.errors]
    found += repeated_rows(draft.spec, rows)
    clean = [row for row in rows if not row.errors]
    sheet = ParsedSheet(header, clean, complete=len(clean) == len(rows))
    found += draft.spec.check_rows(draft.context, sheet)
    return Verdict(header, rows, sorted(found, key=lambda each: each.row_number))


def repeated_rows(spec: SheetSpec[C], rows: Iterable[ParsedRow]) -> list[RowError]:
    """An error for every row that shares the values of a unique column (or columns) with another."""
    found: list[RowError] = []
    for keys in spec.unique:
        groups: dict[tuple[object, ...], list[ParsedRow]] = defaultdict(list)
        for row in rows:
            if all(row.has(key) for key in keys):
                groups[tuple(row.values[key] for key in keys)].append(row)
        titles = "、".join(column.title_zh for column in spec.columns if column.key in keys)
        for same in groups.values():
            for row in same if len(same) > 1 else ():
                others = [str(each.row_number) for each in same if each is not row]
                named = "、".join(others[:REPEATED_ROWS_NAMED_MAX])
                found.append(row.error(keys[0], errors.ROW_REPEATED, rows=named, column=titles))
    return found


def keep(draft: Draft[C], verdict: Verdict) -> State:
    """Store a verdict's errors on the rows and the header. The draft is locked by the caller."""
    by_row: dict[int, list[CellError]] = defaultdict(list)
    of_header: list[CellError] = []
    for each in verdict.errors:
        (by_row[int(each.row_id)] if each.row_id else of_header).append(each.error)
    stored = {row_id: stored_errors(found) or [] for row_id, found in by_row.items()}
    store.set_errors(draft.connection, draft.key, stored)
    store.set_header_errors(draft.connection, draft.key, errors=stored_errors(of_header))
    changed = store.finish_change(draft.connection, draft.key, now=draft.now, validated=True)
    return state_from(draft, changed)
