"""A session's life after the login: renewed, asked for, ended by its holder."""

from __future__ import annotations

from hpf.auth.v1 import auth_service_pb2 as pb

from services.auth.domain.binding import Binding, EmployerFile
from services.auth.domain.session import Session, SessionEnd
from services.auth.errors import SESSION_OVER
from services.auth.handlers.audit import audit, refused
from services.auth.handlers.sessions_end import end_sessions
from services.auth.store import access, bindings, employers, sessions
from services.auth.store.sessions import with_id
from services.auth.tokens import new_refresh_token, refresh_digest, signing_key
from services.auth.wire import session_message, timestamp
from services.kit.access_tokens import AccessClaims, issue_access_token
from services.kit.app import Call
from services.kit.errors import EMPLOYER_GONE, DomainError
from services.kit.roles import Policy


def refresh_session(
    call: Call, request: pb.RefreshSessionRequest
) -> pb.RefreshSessionResponse | DomainError:
    """Both tokens anew. A refresh token that comes back a second time ends the session."""
    digest = refresh_digest(request.refresh_token)
    found = sessions.lock_session_of_token(call.connection, digest)
    if found is None:
        return refused(call, "refresh", DomainError(SESSION_OVER), cause="unknown")
    if not found.is_open(call.now):
        return refused(
            call,
            "refresh",
            _not_open(found),
            cause=found.end_reason or "expired",
            session_id=found.session_id,
            employer_no=found.employer_no,
        )
    if found.is_spent(digest):
        end_sessions(call, with_id(found.session_id), reason=SessionEnd.REFRESH_REUSED)
        return refused(
            call,
            "refresh",
            DomainError(SESSION_OVER),
            cause="token reused",
            session_id=found.session_id,
            employer_no=found.employer_no,
        )
    binding, employer = _holder(call, found)
    refresh_token = new_refresh_token()
    renewed = found.refreshed(
        refresh_digest(refresh_token), now=call.now, policy=call.settings.session_policy
    )
    sessions.save_session(call.connection, renewed)
    return pb.RefreshSessionResponse(
        session=with_tokens(
            call, renewed, binding=binding, employer=employer, refresh_token=refresh_token
        )
    )


def get_session(call: Call, request: pb.GetSessionRequest) -> pb.GetSessionResponse:
    """The caller's own session, without tokens."""
    found = sessions.load_session(call.connection, call.principal.session_id)
    if found is None or found.employer_no != call.employer_no:
        raise DomainError(SESSION_OVER)
    if not found.is_open(call.now):
        raise _not_open(found)
    binding, employer = _holder(call, found)
    return pb.GetSessionResponse(
        session=session_message(
            found,
            employer=employer,
            binding=binding,
            policies=_policies(call, found.employer_no),
            vault=call.vault,
        )
    )


def _not_open(found: Session) -> DomainError:
    """Why a session is over, as the edge says it once it has heard: whoever is told SESSION_OVER throws away the token
    that still opens the receipts of a closed employer."""
    closed = found.end_reason == SessionEnd.EMPLOYER_CLOSED
    return DomainError(EMPLOYER_GONE if closed else SESSION_OVER)


def logout(call: Call, request: pb.LogoutRequest) -> pb.LogoutResponse:
    """End the caller's session; again is the same."""
    end_sessions(
        call,
        with_id(call.principal.session_id),
        sessions.of_employer(call.employer_no),
        reason=SessionEnd.LOGOUT,
    )
    audit(
        call,
        "logout",
        session_id=call.principal.session_id,
        employer_no=call.employer_no,
        certificate=call.principal.certificate,
    )
    return pb.LogoutResponse()


def with_tokens(
    call: Call,
    opened: Session,
    *,
    binding: Binding,
    employer: EmployerFile,
    refresh_token: str,
) -> pb.Session:
    """The session as its holder gets it, with both tokens."""
    until = opened.access_until(now=call.now, policy=call.settings.session_policy)
    policies = _policies(call, opened.employer_no)
    claims = AccessClaims(
        session_id=opened.session_id,
        employer_no=opened.employer_no,
        certificate=binding.certificate,
        roles=(binding.role,),
        issued_at=call.now,
        expires_at=until,
        certificate_sha256=binding.fingerprint,
        policies=policies,
    )
    key = signing_key(call.settings.session_private_key.get_secret_value())
    message = session_message(
        opened, employer=employer, binding=binding, policies=policies, vault=call.vault
    )
    message.access_token = issue_access_token(claims, key=key)
    message.access_expires_at.CopyFrom(timestamp(until))
    message.refresh_token = refresh_token
    return message


def _policies(call: Call, employer_no: str) -> tuple[Policy, ...]:
    return access.load_access(call.connection, employer_no).policies(call.settings.hall_policy)


def _holder(call: Call, found: Session) -> tuple[Binding, EmployerFile]:
    """Certificate and employer of a session; raises SESSION_OVER when one of them is no more."""
    binding = bindings.binding_by_id(call.connection, found.binding_id)
    employer = employers.load_employer(call.connection, found.employer_no, vault=call.vault)
    if binding is None or binding.ended_at is not None or binding.not_after <= call.now:
        raise DomainError(SESSION_OVER)
    if employer is None or employer.is_closed:
        raise DomainError(SESSION_OVER)
    return binding, employer
