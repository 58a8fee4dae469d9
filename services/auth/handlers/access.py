"""What the centre's staff set for an employer's submissions: approval by a second key, the key's signature."""

from __future__ import annotations

from hpf.auth.v1 import auth_service_pb2 as pb

from services.auth.domain.access import EmployerAccess
from services.auth.domain.session import SessionEnd
from services.auth.errors import EMPLOYER_NOT_KNOWN
from services.auth.handlers.audit import audit
from services.auth.handlers.sessions_end import end_sessions
from services.auth.store import access, bindings, employers
from services.auth.store.sessions import of_employer
from services.auth.wire import OPTIONS, access_message
from services.kit.app import Call
from services.kit.errors import FIELD_INVALID, DomainError, FieldError


def set_employer_access(
    call: Call, request: pb.SetEmployerAccessRequest
) -> pb.SetEmployerAccessResponse:
    """The employer's row is held: a login that ends at the same time waits, and its session has the new policies."""
    _known(call, request.employer_no, lock=True)
    unknown = [name for name in ("approval", "signature") if getattr(request, name) not in OPTIONS]
    if unknown:
        fields = [FieldError(name, FIELD_INVALID.code, FIELD_INVALID.zh) for name in unknown]
        raise DomainError(FIELD_INVALID, fields=fields)
    changed = EmployerAccess(
        request.employer_no,
        OPTIONS[request.approval],
        OPTIONS[request.signature],
        call.principal.name,
        call.now,
    )
    access.save_access(call.connection, changed)
    ended = end_sessions(call, of_employer(request.employer_no), reason=SessionEnd.ACCESS_CHANGED)
    audit(
        call,
        "access",
        cause=f"approval {changed.approval}, signature {changed.signature}",
        employer_no=request.employer_no,
    )
    return pb.SetEmployerAccessResponse(access=_message(call, changed), ended_sessions=len(ended))


def get_employer_access(
    call: Call, request: pb.GetEmployerAccessRequest
) -> pb.GetEmployerAccessResponse:
    _known(call, request.employer_no, lock=False)
    found = access.load_access(call.connection, request.employer_no)
    return pb.GetEmployerAccessResponse(access=_message(call, found))


def _known(call: Call, employer_no: str, *, lock: bool) -> None:
    if not employers.load_employer(call.connection, employer_no, vault=call.vault, lock=lock):
        raise DomainError(EMPLOYER_NOT_KNOWN)


def _message(call: Call, found: EmployerAccess) -> pb.EmployerAccess:
    return access_message(
        found,
        policies=found.policies(call.settings.hall_policy),
        keys=bindings.count_by_role(call.connection, found.employer_no, now=call.now),
    )
