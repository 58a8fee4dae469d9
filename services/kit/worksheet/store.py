"""The SQL of the worksheets. Whole lists at a time; nothing here understands a cell."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, delete, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as insert_or
from sqlalchemy.engine import RowMapping

from services.kit.worksheet.models import worksheet, worksheet_row, worksheet_submission

# Errors of one row as stored; None when there are none.
StoredErrors = list[dict[str, str]] | None


@dataclass(frozen=True, slots=True)
class DraftKey:
    """Whose draft of which business."""

    employer_no: str
    business: str


@dataclass(frozen=True, slots=True)
class NewRow:
    """A row to be stored."""

    cells_sealed: bytes
    errors: StoredErrors
    file_row: int = 0


def find_state(connection: Connection, key: DraftKey) -> RowMapping | None:
    """The draft without its rows, or None when nothing was ever entered."""
    return connection.execute(select(worksheet).where(*_of(worksheet, key))).mappings().first()


def lock_state(connection: Connection, key: DraftKey) -> RowMapping:
    """The draft, made if need be, locked until the transaction ends."""
    connection.execute(
        insert_or(worksheet)
        .values(employer_no=key.employer_no, business=key.business)
        .on_conflict_do_nothing()
    )
    locked = select(worksheet).where(*_of(worksheet, key)).with_for_update()
    return connection.execute(locked).mappings().one()


def insert_rows(connection: Connection, key: DraftKey, rows: Sequence[NewRow]) -> list[int]:
    """Append rows; returns their ids in order. The caller holds the draft's lock."""
    if not rows:
        return []
    last = select(func.coalesce(func.max(worksheet_row.c.ordinal), 0)).where(
        *_of(worksheet_row, key)
    )
    start = connection.execute(last).scalar_one()
    made = connection.execute(
        insert(worksheet_row).returning(worksheet_row.c.row_id, sort_by_parameter_order=True),
        [
            {
                "employer_no": key.employer_no,
                "business": key.business,
                "ordinal": start + place,
                "file_row": row.file_row,
                "cells_sealed": row.cells_sealed,
                "errors": row.errors,
            }
            for place, row in enumerate(rows, start=1)
        ],
    )
    return list(made.scalars())


def update_row(connection: Connection, key: DraftKey, row_id: int, row: NewRow) -> bool:
    """Replace one row's content; False when there is no such row in this draft."""
    changed = connection.execute(
        update(worksheet_row)
        .where(*_of(worksheet_row, key), worksheet_row.c.row_id == row_id)
        .values(cells_sealed=row.cells_sealed, errors=row.errors, file_row=row.file_row)
    )
    return changed.rowcount == 1


def delete_rows(connection: Connection, key: DraftKey, row_ids: Collection[int]) -> None:
    """Delete these rows of the draft; ids that are not (or no longer) there don't matter."""
    connection.execute(
        delete(worksheet_row).where(
            *_of(worksheet_row, key), worksheet_row.c.row_id == func.any(list(row_ids))
        )
    )


def delete_all_rows(connection: Connection, key: DraftKey) -> None:
    connection.execute(delete(worksheet_row).where(*_of(worksheet_row, key)))


def set_header(
    connection: Connection, key: DraftKey, *, header_sealed: bytes, errors: StoredErrors
) -> None:
    connection.execute(
        update(worksheet)
        .where(*_of(worksheet, key))
        .values(header_sealed=header_sealed, header_errors=errors)
    )


def set_header_errors(connection: Connection, key: DraftKey, *, errors: StoredErrors) -> None:
    connection.execute(update(worksheet).where(*_of(worksheet, key)).values(header_errors=errors))


def set_errors(
    connection: Connection, key: DraftKey, errors: Mapping[int, list[dict[str, str]]]
) -> None:
    """Make these, by row id, the only errors of the draft's rows."""
    connection.execute(
        update(worksheet_row)
        .where(*_of(worksheet_row, key), worksheet_row.c.errors.is_not(None))
        .values(errors=None)
    )
    if errors:
        given = text(
            "UPDATE worksheet_row SET errors = given.errors"
            " FROM jsonb_to_recordset(CAST(:errors AS jsonb)) AS given(row_id bigint, errors jsonb)"
            " WHERE worksheet_row.row_id = given.row_id AND employer_no = :employer_no"
            " AND business = :business"
        )
        connection.execute(
            given,
            {
                "errors": json.dumps(
                    [{"row_id": row_id, "errors": each} for row_id, each in errors.items()]
                ),
                "employer_no": key.employer_no,
                "business": key.business,
            },
        )


def finish_change(
    connection: Connection, key: DraftKey, *, now: datetime, validated: bool = False
) -> RowMapping:
    """Count the rows anew and give the draft its next revision; returns the draft."""
    counted = (
        select(func.count(), func.count(worksheet_row.c.errors))
        .where(*_of(worksheet_row, key))
        .subquery()
    )
    changed = (
        update(worksheet)
        .where(*_of(worksheet, key))
        .values(
            revision=worksheet.c.revision + 1,
            validated_revision=worksheet.c.revision + 1 if validated else -1,
            row_count=select(counted.c[0]).scalar_subquery(),
            bad_row_count=select(counted.c[1]).scalar_subquery(),
            saved_at=now,
        )
        .returning(worksheet)
    )
    return connection.execute(changed).mappings().one()


def rows_of(connection: Connection, key: DraftKey) -> Sequence[RowMapping]:
    """All rows in order, numbered from 1 without gaps."""
    return connection.execute(_numbered(key).order_by(worksheet_row.c.ordinal)).mappings().all()


def page_of(
    connection: Connection, key: DraftKey, *, after: int, limit: int, bad_only: bool
) -> Sequence[RowMapping]:
    """Up to `limit` rows whose ordinal is above `after`."""
    numbered = _numbered(key).subquery()
    wanted = select(numbered).where(numbered.c.ordinal > after)
    if bad_only:
        wanted = wanted.where(numbered.c.errors.is_not(None))
    return connection.execute(wanted.order_by(numbered.c.ordinal).limit(limit)).mappings().all()


def row_of(connection: Connection, key: DraftKey, row_id: int) -> RowMapping | None:
    """One row with its number."""
    numbered = _numbered(key).subquery()
    return (
        connection.execute(select(numbered).where(numbered.c.row_id == row_id)).mappings().first()
    )


def insert_submission(
    connection: Connection,
    key: DraftKey,
    *,
    registration_no: str,
    row_count: int,
    rows_sealed: bytes,
    now: datetime,
) -> None:
    connection.execute(
        insert(worksheet_submission).values(
            registration_no=registration_no,
            employer_no=key.employer_no,
            business=key.business,
            row_count=row_count,
            rows_sealed=rows_sealed,
            submitted_at=now,
        )
    )


def find_submission(connection: Connection, registration_no: str) -> RowMapping | None:
    found = select(worksheet_submission).where(
        worksheet_submission.c.registration_no == registration_no
    )
    return connection.execute(found).mappings().first()


def _numbered(key: DraftKey) -> Select[Any]:
    number = func.row_number().over(order_by=worksheet_row.c.ordinal).label("row_number")
    return select(worksheet_row, number).where(*_of(worksheet_row, key))


def _of(table: Any, key: DraftKey) -> tuple[Any, Any]:
    return (table.c.employer_no == key.employer_no, table.c.business == key.business)
