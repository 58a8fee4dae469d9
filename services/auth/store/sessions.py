"""Sessions, open and ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, insert, or_, select, update

from services.auth.domain.session import Session, SessionEnd
from services.auth.models import session


def add_session(connection: Connection, new: Session) -> None:
    connection.execute(insert(session).values(**asdict(new)))


def load_session(connection: Connection, session_id: str) -> Session | None:
    row = connection.execute(
        select(session).where(session.c.session_id == session_id)
    ).one_or_none()
    return _session(row) if row else None


def lock_session_of_token(connection: Connection, digest: bytes) -> Session | None:
    """The session whose present or last refresh token this is."""
    row = connection.execute(
        select(session)
        .where(or_(session.c.refresh_digest == digest, session.c.spent_digest == digest))
        .with_for_update()
    ).one_or_none()
    return _session(row) if row else None


def save_session(connection: Connection, changed: Session) -> None:
    connection.execute(
        update(session).where(session.c.session_id == changed.session_id).values(**asdict(changed))
    )


def end_sessions(
    connection: Connection, *which: ColumnElement[bool], reason: SessionEnd, now: datetime
) -> list[Session]:
    """End the open sessions that meet the conditions; answers with them.

    One that a closing ended still opens the receipts, until it ends for another reason too.
    """
    not_over: ColumnElement[bool] = session.c.ended_at.is_(None)
    if reason is not SessionEnd.EMPLOYER_CLOSED:
        not_over = or_(not_over, session.c.end_reason == str(SessionEnd.EMPLOYER_CLOSED))
    rows = connection.execute(
        update(session)
        .where(not_over, *which)
        .values(ended_at=now, end_reason=str(reason))
        .returning(session)
    )
    return [_session(row) for row in rows]


def ended_since(connection: Connection, *, since: datetime) -> Sequence[Session]:
    rows = connection.execute(
        select(session).where(session.c.ended_at >= since).order_by(session.c.ended_at)
    )
    return [_session(row) for row in rows]


def sweep_sessions(connection: Connection, *, before: datetime) -> int:
    """Forget sessions that could not be used since `before`."""
    return connection.execute(delete(session).where(session.c.ends_at < before)).rowcount


def of_binding(binding_id: int) -> ColumnElement[bool]:
    return session.c.binding_id == binding_id


def of_employer(employer_no: str) -> ColumnElement[bool]:
    return session.c.employer_no == employer_no


def with_id(session_id: str) -> ColumnElement[bool]:
    return session.c.session_id == session_id


def _session(row: Row[Any]) -> Session:
    values = dict(row._mapping)
    for name in ("refresh_digest", "spent_digest"):
        values[name] = bytes(values[name])
    return Session(**values)
