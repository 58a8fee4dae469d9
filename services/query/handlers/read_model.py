"""The centre's staff look after the read tables: how they stand, rebuild them, check them against the owners."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from hpf.query.v1 import query_service_pb2 as pb
from sqlalchemy import Connection, Row

from services.kit.app import Call
from services.kit.errors import FIELD_INVALID, DomainError, FieldError
from services.query.errors import REPLAY_RUNNING
from services.query.events import OWNERS
from services.query.store import replays


def get_read_model(call: Call, request: pb.GetReadModelRequest) -> pb.GetReadModelResponse:
    """Rows, events applied, and the newest replay with its progress."""
    counts = replays.row_counts(call.connection)
    newest = replays.newest(call.connection)
    return pb.GetReadModelResponse(
        employers=counts["employer"],
        people=counts["person"],
        ledger_lines=counts["ledger_line"],
        statement_lines=counts["statement_line"],
        events_applied=counts["events"],
        replay=_message(call.connection, newest) if newest else None,
    )


def start_replay(call: Call, request: pb.StartReplayRequest) -> pb.StartReplayResponse:
    """Ask for a rebuild or a check; the service begins within a second. Raises REPLAY_RUNNING, FIELD_INVALID."""
    if request.purpose not in (pb.REPLAY_PURPOSE_REBUILD, pb.REPLAY_PURPOSE_VERIFY):
        field = FieldError("purpose", FIELD_INVALID.code, FIELD_INVALID.zh)
        raise DomainError(FIELD_INVALID, fields=[field])
    started = replays.start(
        call.connection,
        purpose=request.purpose,
        owners=list(OWNERS),
        by=call.principal.name,
        now=call.now,
    )
    if started is None:
        raise DomainError(REPLAY_RUNNING)
    row = replays.running(call.connection)
    assert row is not None
    return pb.StartReplayResponse(replay=_message(call.connection, row))


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
    )
    for each in replays.owners_of(connection, row.replay_no):
        replay.owners.add(
            owner=each.owner,
            events=each.events,
            position=each.position,
            last_position=each.last_position,
        )
    for each in replays.differences_of(connection, row.replay_no):
        replay.differences.add(
            table=each.table_name,
            only_running=each.only_running,
            only_replayed=each.only_replayed,
        )
    return replay


def _moment(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""
