"""The way of one submission: may they, is it signed, does it have to wait, then the handler of the business.

`submit` stands in the handler's place for every method that can be signed; `note` tells the audit trail.
"""

from __future__ import annotations

import zlib
from datetime import timedelta
from typing import Any

from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from hpf.common.v1 import business_pb2
from hpf.common.v1 import submission_events_pb2 as events

from services.kit.app import Call, Method
from services.kit.clock import business_date
from services.kit.errors import DomainError, fact
from services.kit.roles import Policy
from services.kit.submissions import rules, store
from services.kit.submissions.algorithms import ALGORITHMS
from services.kit.submissions.canonical import sha256_hex
from services.kit.submissions.errors import WAITING_LIMIT_REACHED
from services.kit.submissions.store import Evidence, Waiting
from services.kit.submissions.submission import Submission


def submit(call: Call, method: Method, request: Message) -> Message | DomainError:
    """Raises HANDLER_ONLY, the reasons of a bad signature, and whatever the business's handler raises."""
    submission = _of(call)
    if method.submits:
        rules.check_may_submit(call.principal.roles, call.principal.policies)
    submission.begin()
    if method.submits and Policy.APPROVAL in call.principal.policies:
        return _wait(call, method, request)
    outcome: Any = method.handler(call, request)
    if isinstance(outcome, DomainError):
        return outcome
    submission.check_stands()
    number = outcome.business.registration_no
    if method.submits:
        submission.became(events.SUBMISSION_OUTCOME_ACCEPTED, registration_no=number)
    keep_evidence(call, number)
    return outcome  # type: ignore[no-any-return]  # a message, and no DomainError


def note(call: Call, *, refusal: str = "") -> None:
    """Tell what became of the call's submission; `refusal` is the reason when it was refused."""
    submission = _of(call)
    if refusal:
        submission.became(events.SUBMISSION_OUTCOME_REFUSED, waiting_no=submission.waiting_no)
    tell(
        call,
        submission.outcome,
        method=submission.method,
        reason=refusal,
        registration_no=submission.registration_no,
        waiting_no=submission.waiting_no,
        digest=sha256_hex(submission.canonical) if submission.canonical else "",
        signed=submission.signature is not None,
    )


def tell(
    call: Call,
    outcome: events.SubmissionOutcome,
    *,
    method: str,
    digest: str,
    employer_no: str = "",
    reason: str = "",
    registration_no: str = "",
    waiting_no: str = "",
    signed: bool = False,
) -> None:
    """Emit the note, with who did it."""
    who = call.principal
    call.emit(
        events.SubmissionNoted(
            outcome=outcome,
            method=method,
            reason=reason,
            registration_no=registration_no,
            waiting_no=waiting_no,
            session_id=who.session_id,
            certificate=who.certificate,
            address=who.address,
            digest=digest,
            signed=signed,
        ),
        subject=employer_no or call.employer_no,
    )


def keep_evidence(call: Call, number: str) -> None:
    """Keep what was signed under a registration or waiting number; nothing when it was not signed."""
    submission = _of(call)
    if submission.signature is None:
        return
    kept = Evidence(
        number=number,
        employer_no=call.employer_no,
        method=submission.method,
        canonical_sealed=call.vault.seal(submission.canonical),
        algorithm=str(ALGORITHMS[submission.signature.algorithm]),
        certificate=submission.signature.certificate,
        signature=submission.signature.signature,
        session_id=call.principal.session_id,
        kept_at=call.now,
    )
    store.add_evidence(call.connection, kept)


def pack(content: bytes, call: Call) -> bytes:
    return call.vault.seal(zlib.compress(content)) if content else b""


def unpack(sealed: bytes, call: Call) -> bytes:
    return zlib.decompress(call.vault.open(sealed)) if sealed else b""


def _wait(call: Call, method: Method, request: Message) -> Message | DomainError:
    """Try it, so that whatever is wrong is told now; undo it, and keep what was asked for until it is approved."""
    waiting = store.count_waiting(call.connection, call.employer_no)
    if waiting >= rules.WAITING_MAX:
        raise fact(WAITING_LIMIT_REACHED, limit=rules.WAITING_MAX)
    submission = _of(call)
    with call.connection.begin_nested() as trial:
        outcome: Any = method.handler(call, request)
        if isinstance(outcome, DomainError):
            return outcome  # what it noted on the rows is for the clerk, and stays
        submission.check_stands()
        trial.rollback()
    call.versions.clear()
    kept = _keep(call, submission, outcome.business)
    submission.became(events.SUBMISSION_OUTCOME_WAITING, waiting_no=kept.waiting_no)
    keep_evidence(call, kept.waiting_no)
    return GetMessageClass(method.descriptor.output_type)(business=waiting_business(kept))


def _keep(call: Call, submission: Submission, tried: business_pb2.Business) -> Waiting:
    kept = Waiting(
        waiting_no=store.next_waiting_no(
            call.connection, call.runtime.app.name, business_date(call.now)
        ),
        employer_no=call.employer_no,
        method=submission.method,
        kind=tried.kind,
        headcount=tried.headcount,
        amount_fen=tried.amount_fen,
        request_sealed=call.vault.seal(submission.request.SerializeToString(deterministic=True)),
        canonical_sealed=call.vault.seal(submission.canonical),
        content_sealed=pack(submission.content, call),
        content_sha256=submission.content_sha256,
        submitter=call.principal,
        signed=submission.signature is not None,
        submitted_at=call.now,
        expires_at=call.now + timedelta(days=call.runtime.kit.waiting_days),
    )
    store.add_waiting(call.connection, kept)
    return kept


def waiting_business(found: Waiting) -> business_pb2.Business:
    """What waits, as the business that it is not yet."""
    return business_pb2.Business(
        registration_no=found.waiting_no,
        kind=found.kind,  # type: ignore[arg-type]  # an enum value is an int on the wire
        state=business_pb2.BUSINESS_STATE_WAITING_APPROVAL,
        employer_no=found.employer_no,
        business_date=business_date(found.submitted_at).isoformat(),
        headcount=found.headcount,
        amount_fen=found.amount_fen,
    )


def _of(call: Call) -> Submission:
    if call.submission is None:
        raise ValueError("the call submits nothing")
    return call.submission
