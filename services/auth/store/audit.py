"""The audit trail: append-only rows, each with the hash of itself and of the row before.

Whoever changes, swaps or removes a row breaks the chain from there on; `first_broken` finds the place. The head says
where the chain ends, so its last rows cannot just be cut off; the hashes are keyed, so it cannot be made anew either.
What is left is restoring an older state whole: that shows where a later hash was kept elsewhere (`hpf admin audit
verify --anchor`).
"""

from __future__ import annotations

from hmac import compare_digest
from typing import Any

from sqlalchemy import Connection, Row, select, text
from sqlalchemy.dialects.postgresql import insert

from services.auth.domain.audit import GENESIS, AuditEntry, chain_text
from services.auth.models import audit_entry, audit_head
from services.kit.pages import Page
from services.kit.vault import Vault

# Writers of the chain queue up here until they commit; taken last in a transaction.
_CHAIN_LOCK = 7_216_041
# Rows read at once when the chain is verified.
_BATCH = 5_000


def append_entry(connection: Connection, entry: AuditEntry, *, vault: Vault) -> None:
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _CHAIN_LOCK})
    # Goes on from the head, not from the last row: a cut-off tail leaves a gap for ever.
    head = connection.execute(select(audit_head)).one_or_none()
    position, previous = (head.position + 1, bytes(head.hash)) if head else (1, GENESIS)
    own = chained_hash(vault, previous, position, entry)
    connection.execute(insert(audit_entry).values(position=position, hash=own, **entry.columns()))
    moved = {"position": position, "hash": own, "seal": head_seal(vault, position, own)}
    connection.execute(
        insert(audit_head)
        .values(one=True, **moved)
        .on_conflict_do_update(index_elements=["one"], set_=moved)
    )


def first_broken(
    connection: Connection, *, vault: Vault, known_position: int = 0, known_hash: bytes = b""
) -> tuple[int, int | None, bytes]:
    """How many rows fit, the position of the first that does not (or is missing), or None, and the last good hash.

    `known_…` is a place that somebody else remembers: a trail that was cut off, or made anew with the key, lacks it.
    """
    expected, previous = 1, GENESIS
    while rows := _rows_from(connection, expected):
        for row in rows:
            position, entry = row.position, _entry(row)
            found = bytes(row.hash)
            fits = position == expected and compare_digest(
                found, chained_hash(vault, previous, position, entry)
            )
            if not fits or (position == known_position and found != known_hash):
                return expected - 1, expected, previous
            expected, previous = expected + 1, found
    last = expected - 1
    if known_position > last or not _is_head(connection, vault, last, previous):
        return last, expected, previous
    return last, None, previous


def chained_hash(vault: Vault, previous: bytes, position: int, entry: AuditEntry) -> bytes:
    """Keyed: whoever can write to the database alone cannot make a chain that fits."""
    return vault.index("audit_trail", chain_text(previous, position, entry))


def head_seal(vault: Vault, position: int, own: bytes) -> bytes:
    return vault.index("audit_head", f"{position}:{own.hex()}")


def _is_head(connection: Connection, vault: Vault, position: int, own: bytes) -> bool:
    head = connection.execute(select(audit_head)).one_or_none()
    if head is None:
        return position == 0
    sealed = compare_digest(bytes(head.seal), head_seal(vault, head.position, bytes(head.hash)))
    return sealed and (head.position, bytes(head.hash)) == (position, own)


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
