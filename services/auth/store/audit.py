"""The audit trail: append-only rows, each with the hash of itself and of the row before.

Whoever changes or removes a row breaks the chain from there on; `first_broken` finds the place.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, text

from services.auth.domain.audit import GENESIS, AuditEntry, chained_hash
from services.auth.models import audit_entry

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


def entries_of(
    connection: Connection, *, employer_no: str, since: datetime, limit: int
) -> list[AuditEntry]:
    """An employer's newest entries, newest first."""
    rows = connection.execute(
        select(audit_entry)
        .where(audit_entry.c.employer_no == employer_no, audit_entry.c.at >= since)
        .order_by(audit_entry.c.position.desc())
        .limit(limit)
    )
    return [_entry(row) for row in rows]


def _rows_from(connection: Connection, position: int) -> list[Row[Any]]:
    query = select(audit_entry).where(audit_entry.c.position >= position)
    return list(connection.execute(query.order_by(audit_entry.c.position).limit(_BATCH)))


def _entry(row: Row[Any]) -> AuditEntry:
    values = dict(row._mapping)
    del values["position"], values["hash"]
    return AuditEntry(**values)
