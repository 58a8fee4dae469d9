"""The centre's staff look after what receipt keeps of its owners' events: how it stands, rebuild it, check it."""

from __future__ import annotations

from hpf.receipt.v1 import receipt_service_pb2 as pb

from services.kit.app import Call
from services.kit.replays import staff
from services.receipt.replay import COPIES
from services.receipt.store import index


def get_read_model(call: Call, request: pb.GetReadModelRequest) -> pb.GetReadModelResponse:
    """Rows, events heard, and the newest replay with its progress."""
    counts = index.row_counts(call.connection)
    return pb.GetReadModelResponse(
        employers=counts["employer"],
        people=counts["account"],
        documents=counts["receipt"],
        reversed_businesses=counts["reversed_business"],
        events_applied=counts["events"],
        replay=staff.newest(call.connection),
    )


def start_replay(call: Call, request: pb.StartReplayRequest) -> pb.StartReplayResponse:
    """Ask for a rebuild or a check; the service begins within a second. Raises REPLAY_RUNNING, FIELD_INVALID."""
    return pb.StartReplayResponse(replay=staff.start(call, COPIES, request.purpose))
