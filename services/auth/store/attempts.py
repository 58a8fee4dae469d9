"""Logins under way."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from services.auth.domain.login import AttemptState, LoginAttempt
from services.auth.models import login_attempt


def add_attempt(connection: Connection, attempt: LoginAttempt) -> None:
    connection.execute(insert(login_attempt).values(**asdict(attempt)))


def lock_attempt(connection: Connection, attempt_id: str) -> LoginAttempt | None:
    """The attempt, held until the end of the transaction: two answers cannot both be first."""
    row = connection.execute(
        select(login_attempt).where(login_attempt.c.attempt_id == attempt_id).with_for_update()
    ).one_or_none()
    if row is None:
        return None
    values = dict(row._mapping)
    values["state"] = AttemptState(values["state"])
    for name in ("challenge", "code_digest"):
        values[name] = bytes(values[name])
    return LoginAttempt(**values)


def save_attempt(connection: Connection, attempt: LoginAttempt) -> None:
    connection.execute(
        update(login_attempt)
        .where(login_attempt.c.attempt_id == attempt.attempt_id)
        .values(**asdict(attempt))
    )


def sweep_attempts(connection: Connection, *, before: datetime) -> int:
    """Forget attempts that expired before; their steps stay in the audit trail."""
    done = connection.execute(delete(login_attempt).where(login_attempt.c.expires_at < before))
    return done.rowcount
