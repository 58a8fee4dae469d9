"""单位基本信息查询 (manual §4.2)."""

from __future__ import annotations

from hpf.query.v1 import query_service_pb2 as pb

from services.kit.app import Call
from services.query import lookups


def get_employer(call: Call, request: pb.GetEmployerRequest) -> pb.GetEmployerResponse:
    """The session's employer. READ_MODEL_BEHIND while its registration is still on the way here."""
    row = lookups.employer_of(call.connection, call.employer_no)
    return pb.GetEmployerResponse(employer=lookups.shown(call.connection, row, vault=call.vault))
