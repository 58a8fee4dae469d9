"""A new mobile of the agent (manual §5.5): a code to the old number, and its confirmation.

collection keeps the new number and lets it count when it hears that the code was right.
"""

from __future__ import annotations

from hpf.auth.v1 import auth_events_pb2 as events
from hpf.auth.v1 import auth_service_pb2 as pb
from hpf.collection.v1 import collection_events_pb2 as collection

from services.auth.domain.binding import EmployerFile
from services.auth.domain.mobile_change import MobileChange
from services.auth.domain.sms_code import CodePurpose, mask_mobile
from services.auth.errors import (
    EMPLOYER_NOT_KNOWN,
    MOBILE_CHANGE_NOT_WAITING,
    MOBILE_ON_FILE_CHANGED,
)
from services.auth.handlers.audit import audit, refused
from services.auth.handlers.codes import code_matches, order_code
from services.auth.store import employers, mobile_changes
from services.auth.wire import timestamp
from services.kit.app import Call
from services.kit.errors import DomainError

_PURPOSE = CodePurpose.MOBILE_CHANGE


def on_asked(call: Call, event: collection.AgentMobileChangeAsked) -> None:
    """Send the code. When none may be sent just now the change waits, and one can be asked for."""
    employer_no = call.event.subject
    change = MobileChange(employer_no, event.change_no, call.now)
    refusal = None
    try:
        change = _with_code(call, change, _employer(call, employer_no))
    except DomainError as error:
        refusal = error
    mobile_changes.save_change(call.connection, change)
    audit(call, "mobile change asked", refusal=refusal, employer_no=employer_no)


def resend_mobile_change_code(
    call: Call, request: pb.ResendMobileChangeCodeRequest
) -> pb.ResendMobileChangeCodeResponse | DomainError:
    """Another code to the number on file; the one before is void."""
    step = "mobile change resend"
    # The same order of locks as when a code goes out by itself: employer, then change.
    employer = _employer(call, call.employer_no)
    change = _waiting(call)
    if isinstance(change, DomainError):
        return _refused(call, step, change)
    policy = call.settings.mobile_change_policy
    try:
        change.check_may_send(policy)
        coded = _with_code(call, change, employer)
    except DomainError as refusal:
        return _refused(call, step, refusal)
    mobile_changes.save_change(call.connection, coded)
    _audit(call, step)
    return pb.ResendMobileChangeCodeResponse(
        masked_mobile=mask_mobile(call.vault.open_text(employer.agent_mobile_sealed)),
        code_expires_at=timestamp(call.now + policy.code_life),
        resend_after=timestamp(call.now + call.settings.sms_policy.resend_interval),
    )


def confirm_mobile_change(
    call: Call, request: pb.ConfirmMobileChangeRequest
) -> pb.ConfirmMobileChangeResponse | DomainError:
    """The right code moves the number; a wrong one is counted."""
    step = "mobile change confirm"
    employer = _employer(call, call.employer_no)
    change = _waiting(call)
    if isinstance(change, DomainError):
        return _refused(call, step, change)
    matches = code_matches(
        call.vault,
        request.code,
        digest=change.code_digest,
        purpose=_PURPOSE,
        bound_to=change.change_no,
    )
    tried, refusal = change.try_code(
        matches=matches, now=call.now, policy=call.settings.mobile_change_policy
    )
    mobile_changes.save_change(call.connection, tried)
    # Staff may have set another number since: a code that went to the one before proves nothing.
    on_file = call.vault.open_text(employer.agent_mobile_sealed)
    if refusal is None and call.vault.index("mobile", on_file) != change.number_index:
        refusal = DomainError(MOBILE_ON_FILE_CHANGED)
    if refusal is not None:
        return _refused(call, step, refusal)
    mobile_changes.forget_change(call.connection, call.employer_no)
    call.emit(
        events.AgentMobileChangeConfirmed(change_no=change.change_no), subject=call.employer_no
    )
    _audit(call, step)
    return pb.ConfirmMobileChangeResponse(change_no=change.change_no)


def _employer(call: Call, employer_no: str) -> EmployerFile:
    found = employers.load_employer(call.connection, employer_no, vault=call.vault, lock=True)
    if found is None:
        raise DomainError(EMPLOYER_NOT_KNOWN)
    return found


def _waiting(call: Call) -> MobileChange | DomainError:
    change = mobile_changes.lock_change(call.connection, call.employer_no)
    if change is None:
        return DomainError(MOBILE_CHANGE_NOT_WAITING)
    try:
        change.check_waits(now=call.now, policy=call.settings.mobile_change_policy)
    except DomainError as refusal:
        return refusal
    return change


def _with_code(call: Call, change: MobileChange, employer: EmployerFile) -> MobileChange:
    ordered = order_code(
        call, employer.agent_mobile_sealed, purpose=_PURPOSE, bound_to=change.change_no
    )
    return change.with_code(
        ordered.digest,
        number_index=ordered.number_index,
        expires_at=call.now + call.settings.mobile_change_policy.code_life,
    )


def _audit(call: Call, step: str) -> None:
    who = call.principal
    audit(
        call,
        step,
        session_id=who.session_id,
        employer_no=who.employer_no,
        certificate=who.certificate,
    )


def _refused(call: Call, step: str, refusal: DomainError) -> DomainError:
    who = call.principal
    return refused(
        call,
        step,
        refusal,
        session_id=who.session_id,
        employer_no=who.employer_no,
        certificate=who.certificate,
    )
