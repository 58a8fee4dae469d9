"""How far the read tables have followed each owner, employer by employer."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, func, select, update
from sqlalchemy.dialects.postgresql import insert

from services.kit.replays.beside import TooEarly
from services.query.models import READ_TABLES, applied_version


class OutOfOrder(TooEarly):
    """An event came before one that precedes it; it may be handled once that one has come."""


def advance(connection: Connection, *, owner: str, employer_no: str, version: int) -> bool:
    """Note that `version` is being applied; False when it was before.

    Holds the employer's row until the transaction ends, so its events are applied one at a time. Raises OutOfOrder
    when an earlier version is missing.
    """
    mine = (applied_version.c.owner == owner, applied_version.c.employer_no == employer_no)
    is_next = (
        update(applied_version)
        .where(*mine, applied_version.c.version == version - 1)
        .values(version=version)
    )
    # Nearly every event is the next one: one statement says so and notes it.
    if connection.execute(is_next).rowcount:
        return True
    if version == 1:
        first = insert(applied_version).values(owner=owner, employer_no=employer_no, version=1)
        if connection.execute(first.on_conflict_do_nothing()).rowcount:
            return True
    applied: int = (
        connection.execute(
            select(applied_version.c.version).where(*mine).with_for_update()
        ).scalar_one_or_none()
        or 0
    )
    if version <= applied:
        return False
    raise OutOfOrder(f"{owner} sent version {version}, {applied} is the last one known")


def versions_of(connection: Connection, employer_no: str) -> Mapping[str, int]:
    """Owner → last version applied for the employer."""
    rows = connection.execute(
        select(applied_version.c.owner, applied_version.c.version).where(
            applied_version.c.employer_no == employer_no
        )
    )
    return {row.owner: row.version for row in rows}


def row_counts(connection: Connection) -> dict[str, int]:
    """Rows of each read table, and `events` applied."""
    counts = {
        table.name: int(connection.execute(select(func.count()).select_from(table)).scalar_one())
        for table in READ_TABLES
    }
    applied = func.coalesce(func.sum(applied_version.c.version), 0)
    counts["events"] = int(connection.execute(select(applied)).scalar_one())
    return counts
