"""单位基本信息查询 (manual §4.2)."""

from __future__ import annotations

from hpf.query.v1 import query_service_pb2 as pb

from services.kit.app import Call
from services.kit.errors import READ_MODEL_BEHIND, DomainError
from services.query import wire
from services.query.domain import PROFILE_CODES
from services.query.store import codes, employers


def get_employer(call: Call, request: pb.GetEmployerRequest) -> pb.GetEmployerResponse:
    """The session's employer. READ_MODEL_BEHIND while its registration is still on the way here."""
    row = employers.load_employer(call.connection, call.employer_no)
    if row is None:
        raise DomainError(READ_MODEL_BEHIND)
    headcounts = employers.headcounts(call.connection, call.employer_no)
    codes_given = {name: str(row._mapping[name]) for name in PROFILE_CODES}
    titles = codes.titles(call.connection, codes_given)
    return pb.GetEmployerResponse(
        employer=wire.employer_message(row, headcounts, titles=titles, vault=call.vault)
    )
