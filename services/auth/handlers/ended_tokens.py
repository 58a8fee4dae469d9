"""Access tokens that outlive their session: what the edge must refuse, and what it tells of those it refused."""

from __future__ import annotations

from hpf.auth.v1 import auth_service_pb2 as pb

from services.auth.domain.session import SessionEnd
from services.auth.errors import SESSION_OVER
from services.auth.handlers.audit import audit
from services.auth.store import bindings, sessions
from services.auth.wire import ENDS, timestamp
from services.kit.app import Call
from services.kit.errors import DomainError


def list_ended_sessions(
    call: Call, request: pb.ListEndedSessionsRequest
) -> pb.ListEndedSessionsResponse:
    """Sessions whose access tokens may still be valid by their signature."""
    life = call.settings.session_policy.access_life
    ended = sessions.ended_since(call.connection, since=call.now - life)
    return pb.ListEndedSessionsResponse(
        sessions=[
            pb.EndedSession(
                session_id=each.session_id,
                forget_after=timestamp(each.ended_at + life),
                end=ENDS[SessionEnd(each.end_reason)],
            )
            for each in ended
            if each.ended_at is not None
        ]
    )


def note_refused_token(
    call: Call, request: pb.NoteRefusedTokenRequest
) -> pb.NoteRefusedTokenResponse:
    """Only the holder of a genuine token gets here, so nobody can fill the trail with noise."""
    found = sessions.load_session(call.connection, request.session_id)
    binding = bindings.binding_by_id(call.connection, found.binding_id) if found else None
    audit(
        call,
        "token",
        refusal=DomainError(SESSION_OVER),
        cause=found.end_reason if found else "unknown",
        session_id=request.session_id,
        employer_no=found.employer_no if found else "",
        certificate=binding.certificate if binding else "",
    )
    return pb.NoteRefusedTokenResponse()
