"""What the centre's staff ask of replays: to begin one, and how the newest stands."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from hpf.common.v1 import replay_pb2 as pb
from sqlalchemy import Connection, Row

from services.kit.app import Call
from services.kit.errors import FIELD_INVALID, REPLAY_RUNNING, DomainError, FieldError
from services.kit.replays import runs
from services.kit.replays.beside import Copies


def start(call: Call, copies: Copies, purpose: int) -> pb.Replay:
    """Ask for a rebuild or a check; the service begins within a second. Raises REPLAY_RUNNING, FIELD_INVALID."""
    if purpose not in (pb.REPLAY_PURPOSE_REBUILD, pb.REPLAY_PURPOSE_VERIFY):
        field = FieldError("purpose", FIELD_INVALID.code, FIELD_INVALID.zh)
        raise DomainError(FIELD_INVALID, fields=[field])
    started = runs.start(
        call.connection,
        purpose=purpose,
        owners=list(copies.owners),
        by=call.principal.name,
        now=call.now,
    )
    if started is None:
        raise DomainError(REPLAY_RUNNING)
    row = runs.running(call.connection)
    assert row is not None
    return _message(call.connection, row)


def newest(connection: Connection) -> pb.Replay | None:
    """The newest replay with its progress and what it found; None when there never was one."""
    row = runs.newest(connection)
    return _message(connection, row) if row else None


def _message(connection: Connection, row: Row[Any]) -> pb.Replay:
    replay = pb.Replay(
        replay_no=row.replay_no,
        purpose=row.purpose,
        state=row.state,
        started_at=_moment(row.started_at),
        ended_at=_moment(row.ended_at),
        started_by=row.started_by,
        employers_compared=row.employers_compared,
        employers_skipped=row.employers_skipped,
        failure=row.failure,
    )
    for each in runs.owners_of(connection, row.replay_no):
        replay.owners.add(
            owner=each.owner,
            events=each.events,
            position=each.position,
            last_position=each.last_position,
        )
    for each in runs.differences_of(connection, row.replay_no):
        replay.differences.add(
            table=each.table_name,
            only_running=each.only_running,
            only_replayed=each.only_replayed,
        )
    return replay


def _moment(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""
