"""A submission sent twice counts once: the answer to a `request_id` is kept with a hash of the request.

Same id and same body → the stored answer, refusals too; same id and another body → REQUEST_ID_REUSED. The row is
inserted first in the command's transaction, so a second copy waits for the first one's end.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from services.kit.errors import REQUEST_ID_REUSED, DomainError
from services.kit.tables import answered_request
from services.kit.vault import Vault


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered: the reply's bytes with `code` 0, or a serialized status with its code."""

    code: int
    body: bytes


@dataclass(frozen=True, slots=True)
class RequestKey:
    """Who asked what under which id."""

    principal: str
    method: str
    request_id: str


def claim(connection: Connection, key: RequestKey, body: bytes, *, vault: Vault) -> Answer | None:
    """Take the id for this transaction, or return the answer it was given before.

    Raises DomainError(REQUEST_ID_REUSED) when the id stands for another body.
    """
    body_hash = hashlib.sha256(body).digest()
    taken = connection.execute(
        insert(answered_request)
        .values(
            principal=key.principal,
            method=key.method,
            request_id=key.request_id,
            body_hash=body_hash,
        )
        .on_conflict_do_nothing()
        .returning(answered_request.c.request_id)
    ).first()
    if taken is not None:
        return None
    row = connection.execute(select(answered_request).where(_is(key))).one()
    if bytes(row.body_hash) != body_hash:
        raise DomainError(REQUEST_ID_REUSED)
    return Answer(row.status_code, vault.open(bytes(row.answer_sealed)))


def keep(connection: Connection, key: RequestKey, answer: Answer, *, vault: Vault) -> None:
    """Store the answer in the same transaction as what it reports."""
    connection.execute(
        update(answered_request)
        .where(_is(key))
        .values(status_code=answer.code, answer_sealed=vault.seal(answer.body))
    )


def forget(connection: Connection, method: str, *, before: datetime, limit: int) -> int:
    """Remove at most `limit` answers of one method given before that moment; how many there were."""
    old = (
        select(
            answered_request.c.principal, answered_request.c.method, answered_request.c.request_id
        )
        .where(answered_request.c.method == method, answered_request.c.answered_at < before)
        .limit(limit)
    )
    key = tuple_(
        answered_request.c.principal, answered_request.c.method, answered_request.c.request_id
    )
    return connection.execute(delete(answered_request).where(key.in_(old))).rowcount


def _is(key: RequestKey):  # type: ignore[no-untyped-def]  # an SQL expression; SQLAlchemy infers it
    return (
        (answered_request.c.principal == key.principal)
        & (answered_request.c.method == key.method)
        & (answered_request.c.request_id == key.request_id)
    )
