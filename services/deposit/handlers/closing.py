"""单位注销 on the money side (manual §5.8): collection asks, the money side is closed for good or says why not."""

from __future__ import annotations

from hpf.collection.v1 import collection_events_pb2 as collection
from hpf.deposit.v1 import deposit_events_pb2

from services.deposit.domain import closing
from services.deposit.errors import EMPLOYER_UNKNOWN
from services.deposit.store import answers, funds
from services.kit.app import Call
from services.kit.errors import DomainError


def on_closing_requested(call: Call, event: collection.ClosingRequested) -> None:
    """Close the money side if nothing is left; a question asked twice gets the answer it got."""
    employer_no = call.event.subject
    employer = funds.lock_employer(call.connection, employer_no)
    given = answers.answer_given(call.connection, event.registration_no)
    if given is not None:
        call.emit(deposit_events_pb2.ClosingSettled.FromString(given), subject=employer_no)
        return
    refusal = _refusal(employer)
    answer = deposit_events_pb2.ClosingSettled(
        registration_no=event.registration_no,
        closed=refusal is None,
        rejection=refusal.to_status() if refusal is not None else None,
    )
    if refusal is None:
        funds.close_employer(call.connection, employer_no)
    answers.keep_answer(
        call.connection,
        event.registration_no,
        employer_no=employer_no,
        answer=answer.SerializeToString(),
    )
    call.emit(answer, subject=employer_no)


def _refusal(employer: funds.Employer | None) -> DomainError | None:
    if employer is None:
        return DomainError(EMPLOYER_UNKNOWN)
    return closing.refusal(
        balance_fen=employer.balance_fen,
        suspense_fen=employer.suspense_fen,
        pending_registration_no=employer.pending_registration_no,
    )
