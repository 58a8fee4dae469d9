"""New mobiles of agents that wait for their code; one an employer, the newest asked for."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.postgresql import insert

from services.auth.domain.mobile_change import MobileChange
from services.auth.models import mobile_change


def save_change(connection: Connection, change: MobileChange) -> None:
    """Keep it in place of whatever the employer asked for before."""
    values = asdict(change)
    statement = insert(mobile_change).values(**values)
    connection.execute(
        statement.on_conflict_do_update(index_elements=[mobile_change.c.employer_no], set_=values)
    )


def lock_change(connection: Connection, employer_no: str) -> MobileChange | None:
    """The employer's change, held until the end of the transaction: a try cannot be had twice."""
    row = connection.execute(
        select(mobile_change).where(mobile_change.c.employer_no == employer_no).with_for_update()
    ).one_or_none()
    if row is None:
        return None
    values = dict(row._mapping)
    for name in ("code_digest", "number_index"):
        values[name] = bytes(values[name])
    return MobileChange(**values)


def forget_change(connection: Connection, employer_no: str) -> None:
    connection.execute(delete(mobile_change).where(mobile_change.c.employer_no == employer_no))


def sweep_changes(connection: Connection, *, before: datetime) -> int:
    """Forget changes that were asked for before."""
    return connection.execute(
        delete(mobile_change).where(mobile_change.c.asked_at < before)
    ).rowcount
