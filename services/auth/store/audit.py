"""The audit trail: append-only rows, each with the hash of itself and of the row before.

Whoever changes or removes a row breaks the chain from there on; `first_broken` finds the place.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, insert, select, text

from services.auth.domain.audit import GENESIS, AuditEntry, chained_hash
from services.auth.models import audit_entry
from services.kit.pages import Page

# Writers of the chain queue up here until they commit; taken last in a transaction.
_CHAIN_LOCK = 7_216_041
# Rows read at once when the chain is verified.
_BATCH = 5_000


def append_entry(connection: Connection, entry: AuditEntry) -> None:
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _CHAIN_LOCK})
    last = connection.execute(
        select(audit_entry.c.position, audit_entry.c.hash)
        .order_by(audit_entry.c.position.desc())
        .limit(1)
    ).one_or_none()
    position, previous = (last.position + 1, bytes(last.hash)) if last else (1, GENESIS)
    connection.execute(
        insert(audit_entry).values(
            position=position,
            hash=chained_hash(previous, position, entry),
            **entry.columns(),
        )
    )


def first_broken(connection: Connection) -> tuple[int, int | None]:
    """How many rows there are, and the position of the first that does not fit, or None."""
    expected, previous = 1, GENESIS
    while rows := _rows_from(connection, expected):
        for row in rows:
            position, entry = row.position, _entry(row)
            found = bytes(row.hash)
            if position != expected or found != chained_hash(previous, position, entry):
                return expected - 1, expected
            expected, previous = expected + 1, found
    return expected - 1, None


def page_of_entries(
    connection: Connection, *, employer_no: str, page: Page
) -> list[tuple[int, AuditEntry]]:
    """One page of an employer's entries, or of all, newest first, with their positions."""
    query = select(audit_entry).order_by(audit_entry.c.position.desc())
    if employer_no:
        query = query.where(audit_entry.c.employer_no == employer_no)
    if page.after is not None:
        query = query.where(audit_entry.c.position < int(page.after[0]))
    rows = connection.execute(query.limit(page.fetch))
    return [(row.position, _entry(row)) for row in rows]


def _rows_from(connection: Connection, position: int) -> list[Row[Any]]:
    query = select(audit_entry).where(audit_entry.c.position >= position)
    return list(connection.execute(query.order_by(audit_entry.c.position).limit(_BATCH)))


def _entry(row: Row[Any]) -> AuditEntry:
    values = dict(row._mapping)
    del values["position"], values["hash"]
    return AuditEntry(**values)
