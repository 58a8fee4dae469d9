"""The centre's staff look after the read tables: how they stand, rebuild them, check them against the owners."""

from __future__ import annotations

from hpf.common.v1 import replay_pb2
from hpf.query.v1 import query_service_pb2 as pb

from services.kit.app import Call
from services.kit.replays import staff
from services.query.replay import COPIES
from services.query.store.versions import row_counts


def get_read_model(call: Call, request: pb.GetReadModelRequest) -> pb.GetReadModelResponse:
    """Rows, events applied, and the newest replay with its progress."""
    counts = row_counts(call.connection)
    newest = staff.newest(call.connection)
    return pb.GetReadModelResponse(
        employers=counts["employer"],
        people=counts["person"],
        ledger_lines=counts["ledger_line"],
        statement_lines=counts["statement_line"],
        events_applied=counts["events"],
        replay=_own(newest) if newest else None,
    )


def start_replay(call: Call, request: pb.StartReplayRequest) -> pb.StartReplayResponse:
    """Ask for a rebuild or a check; the service begins within a second. Raises REPLAY_RUNNING, FIELD_INVALID."""
    return pb.StartReplayResponse(replay=_own(staff.start(call, COPIES, request.purpose)))


def _own(replay: replay_pb2.Replay) -> pb.Replay:
    """Query's message of the same fields, which is older than the common one."""
    return pb.Replay.FromString(replay.SerializeToString())
