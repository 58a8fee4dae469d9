"""What a second person does with what waits: look, approve, reject; and what ends the waiting otherwise (复核).

An owner joins `HANDLERS` to its table of methods, `EXPIRY` to its tickers, and asks `asked_business` first in its
GetBusiness. Approving runs the submission's own handler as of now, as the one who submitted it, in the approver's
transaction: whatever changed meanwhile is refused by the business's own rules, a list that changed by its digest.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from google.protobuf.message import Message
from hpf.common.v1 import approval_pb2 as pb
from hpf.common.v1 import business_pb2
from hpf.common.v1 import submission_events_pb2 as events

from services.kit.app import Call, CallContext, Handler, Principal, Runtime, Ticker
from services.kit.clock import timestamp
from services.kit.errors import FIELD_INVALID, FIELD_REQUIRED, DomainError, FieldError, Reason, fact
from services.kit.ids import new_id
from services.kit.pages import open_page
from services.kit.submissions import rules, store
from services.kit.submissions.canonical import method_path, sha256_hex
from services.kit.submissions.errors import (
    SUBMISSION_EXPIRED,
    SUBMISSION_REJECTED,
    SUBMISSION_UNKNOWN,
    SUBMISSION_WITHDRAWN,
)
from services.kit.submissions.rules import State
from services.kit.submissions.store import Waiting
from services.kit.submissions.submission import Submission
from services.kit.submissions.submitting import tell, unpack, waiting_business

#: What a program that stood still for a week has to catch up with is done in rounds.
EXPIRED_AT_ONCE = 100
EXPIRY_EVERY_S = 60.0

_STATES = {
    State.WAITING: pb.WAITING_STATE_WAITING,
    State.APPROVED: pb.WAITING_STATE_APPROVED,
    State.REJECTED: pb.WAITING_STATE_REJECTED,
    State.WITHDRAWN: pb.WAITING_STATE_WITHDRAWN,
    State.EXPIRED: pb.WAITING_STATE_EXPIRED,
}


def list_waiting_submissions(
    call: Call, request: pb.ListWaitingSubmissionsRequest
) -> pb.ListWaitingSubmissionsResponse:
    """待复核, or those that were decided; newest first."""
    page = open_page(
        call.vault,
        scope=["ListWaitingSubmissions", call.employer_no, str(request.decided)],
        size=request.page_size,
        token=request.page_token,
    )
    found = store.page_of_waiting(
        call.connection, call.employer_no, decided=request.decided, page=page
    )
    shown, token = page.cut(found, lambda each: (each.waiting_no,))
    return pb.ListWaitingSubmissionsResponse(
        submissions=[_message(call, each) for each in shown], next_page_token=token
    )


def get_waiting_submission(
    call: Call, request: pb.GetWaitingSubmissionRequest
) -> pb.GetWaitingSubmissionResponse:
    """One with all that was submitted. Raises SUBMISSION_UNKNOWN, also for another employer's."""
    found = _found(call, request.waiting_no)
    return pb.GetWaitingSubmissionResponse(
        submission=_message(call, found),
        canonical=call.vault.open(found.canonical_sealed),
        content=unpack(found.content_sealed, call),
    )


def approve_submission(
    call: Call, request: pb.ApproveSubmissionRequest
) -> pb.ApproveSubmissionResponse | DomainError:
    """复核通过. Raises APPROVER_ONLY, SUBMISSION_UNKNOWN, APPROVER_IS_SUBMITTER, SUBMISSION_DECIDED, SUBMISSION_EXPIRED,
    SUBMISSION_CONTENT_CHANGED, and whatever the business's handler refuses now; it goes on waiting then."""
    submission = call.submission
    if submission is None:
        raise ValueError("an approval is a submission of its own")
    found = _to_decide(call, request.waiting_no)
    submission.stand(sha256_hex(call.vault.open(found.canonical_sealed)))
    outcome = _run_again(call, found)
    if isinstance(outcome, DomainError):
        return outcome
    number = outcome.business.registration_no
    store.decide(
        call.connection,
        found.waiting_no,
        state=State.APPROVED,
        now=call.now,
        decider=call.principal,
        registration_no=number,
    )
    submission.became(
        events.SUBMISSION_OUTCOME_APPROVED, registration_no=number, waiting_no=found.waiting_no
    )
    return pb.ApproveSubmissionResponse(business=outcome.business)


def reject_submission(
    call: Call, request: pb.RejectSubmissionRequest
) -> pb.RejectSubmissionResponse:
    """复核退回, with a reason for the handler. Raises as approving does, FIELD_REQUIRED, FIELD_INVALID."""
    rules.check_approves(call.principal.roles)
    why = request.reason.strip()
    if not why or len(why) > rules.REASON_CHARS_MAX:
        wrong = FIELD_INVALID if why else FIELD_REQUIRED
        raise DomainError(wrong, fields=[FieldError("reason", wrong.code, wrong.zh)])
    found = _to_decide(call, request.waiting_no)
    sealed = call.vault.seal_text(why)
    ended = _end(call, found, State.REJECTED, reason_sealed=sealed)
    return pb.RejectSubmissionResponse(submission=_message(call, ended))


def withdraw_submission(
    call: Call, request: pb.WithdrawSubmissionRequest
) -> pb.WithdrawSubmissionResponse:
    """撤回. Raises HANDLER_ONLY, SUBMISSION_UNKNOWN, SUBMISSION_DECIDED, SUBMISSION_EXPIRED."""
    rules.check_handles(call.principal.roles)
    found = _found(call, request.waiting_no, lock=True)
    rules.check_waits(found.standing, now=call.now)
    ended = _end(call, found, State.WITHDRAWN)
    return pb.WithdrawSubmissionResponse(submission=_message(call, ended))


def expire(runtime: Runtime) -> None:
    """End what waited too long."""
    now = runtime.clock.now()
    with runtime.database.transaction() as connection:
        for found in store.expired(connection, now=now, limit=EXPIRED_AT_ONCE):
            context = CallContext(Principal(kind="system", name="expiry"), new_id())
            _end(Call(runtime, connection, context, now), found, State.EXPIRED)


#: States of a business that is not over.
UNDER_WAY = (
    business_pb2.BUSINESS_STATE_WAITING_APPROVAL,
    business_pb2.BUSINESS_STATE_PENDING,
)


def asked_business(call: Call, number: str) -> business_pb2.Business | str:
    """For GetBusiness: the registration number to look up, or what waits (or never came to be) under this number."""
    found = store.load_waiting(call.connection, number, employer_no=call.employer_no)
    if found is None:
        return number
    if found.state is State.APPROVED:
        return found.registration_no
    business = waiting_business(found)
    refusal = _refusal(call, found)
    if refusal is not None:
        business.state = business_pb2.BUSINESS_STATE_REJECTED
        business.rejection.CopyFrom(refusal.to_status())
    return business


HANDLERS: dict[str, Handler] = {
    "ListWaitingSubmissions": list_waiting_submissions,
    "GetWaitingSubmission": get_waiting_submission,
    "ApproveSubmission": approve_submission,
    "RejectSubmission": reject_submission,
    "WithdrawSubmission": withdraw_submission,
}
EXPIRY = Ticker("expire waiting submissions", EXPIRY_EVERY_S, expire)


def _found(call: Call, waiting_no: str, *, lock: bool = False) -> Waiting:
    found = store.load_waiting(call.connection, waiting_no, employer_no=call.employer_no, lock=lock)
    if found is None:
        raise DomainError(SUBMISSION_UNKNOWN)
    return found


def _to_decide(call: Call, waiting_no: str) -> Waiting:
    """Held for a decision that the caller may take."""
    rules.check_approves(call.principal.roles)
    found = _found(call, waiting_no, lock=True)
    if call.submission is not None:
        # A refusal is noted under its number, which is ours from here on and no text of the caller's.
        call.submission.waiting_no = found.waiting_no
    rules.check_may_decide(call.principal.certificate, found=found.standing, now=call.now)
    return found


def _run_again(call: Call, found: Waiting) -> Any:
    """The handler of the business, for whoever submitted it. The list is pinned by its digest, under the same lock
    that the handler takes it with; its revision may have moved on (a validation does that)."""
    method = next(
        each
        for each in call.runtime.app.methods.values()
        if method_path(each.descriptor) == found.method
    )
    request: Message = method.request_class.FromString(call.vault.open(found.request_sealed))
    request.ClearField("signature")
    if found.content_sha256:
        request.ClearField("expected_revision")
    again = Submission.of(method, request, found.submitter)
    again.pinned_sha256 = found.content_sha256
    if not again.has_content:
        again.stand()
    outcome = method.handler(
        replace(
            call,
            context=replace(call.context, principal=found.submitter),
            submission=again,
            approver=call.principal,
        ),
        request,
    )
    if not isinstance(outcome, DomainError):
        again.check_stands()
    return outcome


def _end(call: Call, found: Waiting, state: State, *, reason_sealed: bytes = b"") -> Waiting:
    """It waits no more and nothing was posted."""
    ended = store.decide(
        call.connection,
        found.waiting_no,
        state=state,
        now=call.now,
        decider=call.principal,
        reason_sealed=reason_sealed,
    )
    tell(
        call,
        _NOTED[state],
        employer_no=found.employer_no,
        method=found.method,
        waiting_no=found.waiting_no,
        digest=sha256_hex(call.vault.open(found.canonical_sealed)),
    )
    return ended


_NOTED = {
    State.REJECTED: events.SUBMISSION_OUTCOME_REJECTED,
    State.WITHDRAWN: events.SUBMISSION_OUTCOME_WITHDRAWN,
    State.EXPIRED: events.SUBMISSION_OUTCOME_EXPIRED,
}
_ENDED: dict[State, Reason] = {
    State.WITHDRAWN: SUBMISSION_WITHDRAWN,
    State.EXPIRED: SUBMISSION_EXPIRED,
}


def _refusal(call: Call, found: Waiting) -> DomainError | None:
    """Why nothing came of it; None while it waits."""
    if found.state is State.REJECTED:
        return fact(SUBMISSION_REJECTED, why=call.vault.open_text(found.reason_sealed))
    if found.state is State.WAITING and call.now >= found.expires_at:
        return DomainError(SUBMISSION_EXPIRED)
    return DomainError(_ENDED[found.state]) if found.state in _ENDED else None


def _message(call: Call, found: Waiting) -> pb.WaitingSubmission:
    overdue = found.state is State.WAITING and call.now >= found.expires_at
    message = pb.WaitingSubmission(
        waiting_no=found.waiting_no,
        state=_STATES[State.EXPIRED if overdue else found.state],
        method=found.method,
        kind=found.kind,  # type: ignore[arg-type]  # an enum value is an int on the wire
        headcount=found.headcount,
        amount_fen=found.amount_fen,
        submitted_at=timestamp(found.submitted_at),
        submitted_certificate=found.submitter.certificate,
        signed=found.signed,
        expires_at=timestamp(found.expires_at),
        decided_certificate=found.decider.certificate if found.decider else "",
        reason=call.vault.open_text(found.reason_sealed),
        registration_no=found.registration_no,
    )
    if found.decided_at is not None:
        message.decided_at.CopyFrom(timestamp(found.decided_at))
    return message
