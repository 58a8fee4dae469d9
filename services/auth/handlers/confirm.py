"""The last step of a login: the right code opens the session (manual §3)."""

from __future__ import annotations

from hpf.auth.v1 import auth_service_pb2 as pb

from services.auth.domain.binding import Binding, EmployerFile
from services.auth.domain.session import SessionEnd, open_session
from services.auth.domain.sms_code import CodePurpose
from services.auth.errors import ATTEMPT_OVER
from services.auth.handlers.audit import audit, refused
from services.auth.handlers.codes import code_matches
from services.auth.handlers.sessions import with_tokens
from services.auth.handlers.sessions_end import end_sessions
from services.auth.store import attempts, bindings, employers, sessions
from services.auth.store.sessions import of_binding
from services.auth.tokens import new_refresh_token, refresh_digest
from services.kit.app import Call
from services.kit.errors import DomainError
from services.kit.ids import new_id


def confirm_code(
    call: Call, request: pb.ConfirmCodeRequest
) -> pb.ConfirmCodeResponse | DomainError:
    """Check the code; a wrong one is counted. The binding is looked at again: it may have ended."""
    attempt = attempts.lock_attempt(call.connection, request.attempt_id)
    if attempt is None or attempt.binding_id is None:
        return refused(call, "confirm", DomainError(ATTEMPT_OVER), cause="unknown")
    matches = code_matches(
        call.vault,
        request.code,
        digest=attempt.code_digest,
        purpose=CodePurpose.LOGIN,
        bound_to=attempt.attempt_id,
    )
    tried, refusal = attempt.try_code(
        matches=matches, now=call.now, policy=call.settings.login_policy
    )
    attempts.save_attempt(call.connection, tried)
    binding = _binding(call, attempt.binding_id)
    # Held: what staff change of the employer's access at this moment counts for this session too, or ends it.
    employer = employers.load_employer(
        call.connection, binding.employer_no, vault=call.vault, lock=True
    )
    binding = _binding(call, attempt.binding_id)
    still_bound = binding.ended_at is None and call.now < binding.not_after
    if refusal is not None or not still_bound or employer is None or employer.is_closed:
        return refused(
            call,
            "confirm",
            refusal or DomainError(ATTEMPT_OVER),
            attempt_id=attempt.attempt_id,
            employer_no=binding.employer_no,
            certificate=binding.certificate,
        )
    return pb.ConfirmCodeResponse(
        session=_open(call, attempt.attempt_id, binding=binding, employer=employer)
    )


def _binding(call: Call, binding_id: int) -> Binding:
    found = bindings.binding_by_id(call.connection, binding_id)
    if found is None:
        raise LookupError("an attempt points to a binding that is not there")
    return found


def _open(call: Call, attempt_id: str, *, binding: Binding, employer: EmployerFile) -> pb.Session:
    policy = call.settings.session_policy
    if policy.one_per_certificate:
        end_sessions(call, of_binding(binding.binding_id), reason=SessionEnd.REPLACED)
    refresh_token = new_refresh_token()
    opened = open_session(
        session_id=new_id(),
        employer_no=binding.employer_no,
        binding_id=binding.binding_id,
        digest=refresh_digest(refresh_token),
        address=call.principal.address,
        certificate_ends=binding.not_after,
        now=call.now,
        policy=policy,
    )
    sessions.add_session(call.connection, opened)
    audit(
        call,
        "confirm",
        attempt_id=attempt_id,
        session_id=opened.session_id,
        employer_no=binding.employer_no,
        certificate=binding.certificate,
    )
    return with_tokens(
        call, opened, binding=binding, employer=employer, refresh_token=refresh_token
    )
