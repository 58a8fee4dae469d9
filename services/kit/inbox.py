"""The inbox: an event handled once stays handled, however often it is delivered."""

from __future__ import annotations

from sqlalchemy import Connection
from sqlalchemy.dialects.postgresql import insert

from services.kit.tables import inbox

# Made once: every event of every service is noted by it.
_NOTE = insert(inbox).on_conflict_do_nothing().returning(inbox.c.event_id)


def first_time(connection: Connection, *, consumer: str, event_id: str) -> bool:
    """Note the event in this transaction; False when it was noted before (then do nothing)."""
    result = connection.execute(_NOTE, {"consumer": consumer, "event_id": event_id})
    return result.first() is not None
