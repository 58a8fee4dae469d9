"""Ending sessions, whatever the reason: the edge hears of each within the second."""

from __future__ import annotations

from hpf.auth.v1 import auth_events_pb2 as events
from sqlalchemy import ColumnElement

from services.auth.domain.session import Session, SessionEnd
from services.auth.store import sessions
from services.auth.wire import ENDS, timestamp
from services.kit.app import Call


def end_sessions(call: Call, *which: ColumnElement[bool], reason: SessionEnd) -> list[Session]:
    """End the open sessions that meet the conditions and tell the world."""
    ended = sessions.end_sessions(call.connection, *which, reason=reason, now=call.now)
    for each in ended:
        event = events.SessionEnded(
            session_id=each.session_id,
            employer_no=each.employer_no,
            forget_after=timestamp(call.now + call.settings.session_policy.access_life),
            end=ENDS[reason],
        )
        call.emit(event, subject=each.employer_no)
    return ended
