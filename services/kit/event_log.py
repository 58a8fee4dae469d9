"""Offers an owner's event log to who replays it: `ReadEvents` of its admin service.

The cursor is `outbox.read_log`'s: nothing committed is ever stepped over, however long its transaction took.
"""

from __future__ import annotations

from datetime import UTC
from typing import Final

from hpf.common.v1 import event_log_pb2 as pb
from sqlalchemy import Connection, func, select

from services.kit import outbox
from services.kit.app import Call
from services.kit.errors import FIELD_INVALID, DomainError, FieldError
from services.kit.events import Event
from services.kit.tables import outbox as log

LIMIT_DEFAULT: Final = 100
LIMIT_MAX: Final = 500
#: A chunk of 10,000 ledger lines is some 750 KB: a reply stays far below what the broker takes in one message.
REPLY_BYTES_MAX: Final = 8 * 1024 * 1024


def read_events(call: Call, request: pb.ReadEventsRequest) -> pb.ReadEventsResponse:
    """The events after a cursor, oldest first. Raises FIELD_INVALID for a negative number."""
    after = (request.after.xid, request.after.position)
    if min(*after, request.limit) < 0:
        field = FieldError("after", FIELD_INVALID.code, FIELD_INVALID.zh)
        raise DomainError(FIELD_INVALID, fields=[field])
    limit = min(request.limit or LIMIT_DEFAULT, LIMIT_MAX)
    events, cursor, at_end = _fitting(call, after=after, limit=limit)
    return pb.ReadEventsResponse(
        events=[_logged(event) for event in events],
        next=pb.LogCursor(xid=cursor[0], position=cursor[1]),
        at_end=at_end,
        last_position=_last_position(call.connection),
    )


def _fitting(
    call: Call, *, after: tuple[int, int], limit: int
) -> tuple[list[Event], tuple[int, int], bool]:
    """At most `limit` events, fewer when they are large, with the cursor after them and whether they are the last."""
    source = call.runtime.app.name
    while True:
        events, cursor = outbox.read_log(call.connection, source, after=after, limit=limit)
        size = sum(len(event.body) for event in events)
        if size <= REPLY_BYTES_MAX or limit == 1:
            return events, cursor, len(events) < limit
        limit = max(1, min(limit, len(events)) * REPLY_BYTES_MAX // (2 * size))


def _last_position(connection: Connection) -> int:
    return int(connection.execute(select(func.coalesce(func.max(log.c.position), 0))).scalar_one())


def _logged(event: Event) -> pb.LoggedEvent:
    logged = pb.LoggedEvent(
        event_id=event.event_id,
        type=event.type,
        subject=event.subject,
        version=event.version,
        correlation_id=event.correlation_id,
        causation_id=event.causation_id,
        traceparent=event.traceparent,
        body=event.body,
    )
    logged.occurred_at.FromDatetime(event.occurred_at)
    return logged


def event_of(logged: pb.LoggedEvent, *, source: str) -> Event:
    """A logged event as it came over the bus."""
    return Event(
        event_id=logged.event_id,
        type=logged.type,
        source=source,
        subject=logged.subject,
        version=logged.version,
        occurred_at=logged.occurred_at.ToDatetime(tzinfo=UTC),
        correlation_id=logged.correlation_id,
        causation_id=logged.causation_id,
        traceparent=logged.traceparent,
        body=logged.body,
    )
