"""The outbox: an event is a row written in the transaction that makes it true.

`append` gives each subject's events a gapless version under a row lock, which is what keeps one employer's
events in order all the way to the last consumer. Publishing is the relay's work, reading back `read_log`'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from google.protobuf.message import Message
from sqlalchemy import Connection, Row, bindparam, func, select, text, update

from services.kit.events import Event, event_type
from services.kit.ids import new_id
from services.kit.tables import outbox, subject_version

#: NOTIFY channel that wakes the relay.
CHANNEL = "outbox"

_COLUMNS = (
    outbox.c.position,
    outbox.c.event_id,
    outbox.c.type,
    outbox.c.subject,
    outbox.c.version,
    outbox.c.occurred_at,
    outbox.c.correlation_id,
    outbox.c.causation_id,
    outbox.c.traceparent,
    outbox.c.body,
)

# One round trip: every business of every service writes its events through it.
_APPEND = text(
    """
    WITH counted AS (
        INSERT INTO subject_version AS v (subject, version) VALUES (:subject, 1)
        ON CONFLICT (subject) DO UPDATE SET version = v.version + 1 RETURNING version
    )
    INSERT INTO outbox (event_id, type, subject, version, occurred_at, correlation_id, causation_id,
        traceparent, body)
    SELECT :event_id, :type, :subject, version, :occurred_at, :correlation_id, :causation_id,
        :traceparent, :body ::bytea
    FROM counted RETURNING version, pg_notify(:channel, '')
    """
)

_UNPUBLISHED = (
    select(*_COLUMNS)
    .where(outbox.c.published_at.is_(None))
    .order_by(outbox.c.position)
    .limit(bindparam("limit"))
)
_MARK_PUBLISHED = (
    update(outbox)
    .where(outbox.c.position == func.any(bindparam("positions")))
    .values(published_at=bindparam("now"))
)


def append(
    connection: Connection,
    message: Message,
    *,
    subject: str,
    now: datetime,
    correlation_id: str = "",
    causation_id: str = "",
    traceparent: str = "",
) -> int:
    """Write one event; returns its version among the subject's events."""
    version: int = connection.execute(
        _APPEND,
        {
            "event_id": new_id(),
            "type": event_type(message),
            "subject": subject,
            "occurred_at": now,
            "correlation_id": correlation_id,
            "causation_id": causation_id,
            "traceparent": traceparent,
            "body": message.SerializeToString(deterministic=True),
            "channel": CHANNEL,
        },
    ).scalar_one()
    return version


def version_of(connection: Connection, subject: str) -> int:
    """The version of the subject's last event, 0 when it has none."""
    found = connection.execute(
        select(subject_version.c.version).where(subject_version.c.subject == subject)
    ).scalar_one_or_none()
    return found or 0


def unpublished(connection: Connection, source: str, *, limit: int) -> list[tuple[int, Event]]:
    """The oldest events that wait for the relay, with their positions."""
    rows = connection.execute(_UNPUBLISHED, {"limit": limit})
    return [(row.position, _event(row, source)) for row in rows]


def backlog(connection: Connection, now: datetime) -> tuple[int, datetime | None]:
    """How many events wait for the relay, and the moment of the oldest."""
    waiting = select(func.count(), func.min(outbox.c.occurred_at)).where(
        outbox.c.published_at.is_(None)
    )
    count, oldest = connection.execute(waiting).one()
    return count, oldest


def mark_published(connection: Connection, positions: Sequence[int], *, now: datetime) -> None:
    connection.execute(_MARK_PUBLISHED, {"positions": list(positions), "now": now})


def read_log(
    connection: Connection, source: str, *, after: tuple[int, int], limit: int
) -> tuple[list[Event], tuple[int, int]]:
    """Replay the log after a cursor `(xid, position)`, `(0, 0)` being the beginning.

    Reads only what lies below the oldest running transaction: a cursor on the position alone would step over
    events of transactions that took a number early and commit late.
    """
    rows = connection.execute(
        text(
            "SELECT xid::text::bigint AS xid, position, event_id, type, subject, version, occurred_at,"
            " correlation_id, causation_id, traceparent, body FROM outbox"
            " WHERE (xid, position) > (:xid ::text::xid8, :position)"
            " AND xid < pg_snapshot_xmin(pg_current_snapshot())"
            " ORDER BY xid, position LIMIT :limit"
        ),
        {"xid": str(after[0]), "position": after[1], "limit": limit},
    ).all()
    cursor = (rows[-1].xid, rows[-1].position) if rows else after
    return [_event(row, source) for row in rows], cursor


def _event(row: Row[*tuple[Any, ...]], source: str) -> Event:
    return Event(
        event_id=row.event_id,
        type=row.type,
        source=source,
        subject=row.subject,
        version=row.version,
        occurred_at=row.occurred_at,
        correlation_id=row.correlation_id,
        causation_id=row.causation_id,
        traceparent=row.traceparent,
        body=bytes(row.body),
    )
