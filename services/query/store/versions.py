"""How far the read tables have followed each owner, employer by employer."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects.postgresql import insert

from services.query.models import applied_version


class OutOfOrder(Exception):
    """An event came before one that precedes it; it may be handled once that one has come."""


def advance(connection: Connection, *, owner: str, employer_no: str, version: int) -> bool:
    """Note that `version` is being applied; False when it was before.

    Holds the employer's row until the transaction ends, so its events are applied one at a time. Raises OutOfOrder
    when an earlier version is missing.
    """
    mine = (applied_version.c.owner == owner, applied_version.c.employer_no == employer_no)
    connection.execute(
        insert(applied_version)
        .values(owner=owner, employer_no=employer_no, version=0)
        .on_conflict_do_nothing()
    )
    applied: int = connection.execute(
        select(applied_version.c.version).where(*mine).with_for_update()
    ).scalar_one()
    if version <= applied:
        return False
    if version > applied + 1:
        raise OutOfOrder(f"{owner} sent version {version}, {applied} is the last one known")
    connection.execute(update(applied_version).where(*mine).values(version=version))
    return True


def versions_of(connection: Connection, employer_no: str) -> Mapping[str, int]:
    """Owner → last version applied for the employer."""
    rows = connection.execute(
        select(applied_version.c.owner, applied_version.c.version).where(
            applied_version.c.employer_no == employer_no
        )
    )
    return {row.owner: row.version for row in rows}
