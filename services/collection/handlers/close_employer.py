"""单位注销 (manual §5.8): irreversible; steps 1 and 3 of the saga in sagas.py."""

from __future__ import annotations

from dataclasses import replace

from hpf.collection.v1 import collection_events_pb2, collection_service_pb2
from hpf.common.v1 import business_pb2
from hpf.deposit.v1 import deposit_events_pb2

from services.collection import sagas, wire
from services.collection.domain import codes
from services.collection.domain.employer import Employer
from services.collection.errors import CODE_UNKNOWN, OPEN_ACCOUNTS_LEFT
from services.collection.handlers.posting import (
    employer_to_change,
    finish,
    new_registration,
    pending,
)
from services.collection.store import accounts, businesses, employers, reference
from services.collection.store.businesses import PendingSaga
from services.kit.app import Call
from services.kit.clock import business_date
from services.kit.errors import DomainError, FieldError, fact

_KIND = business_pb2.BUSINESS_KIND_CLOSE_EMPLOYER


def close_employer(
    call: Call, request: collection_service_pb2.CloseEmployerRequest
) -> collection_service_pb2.CloseEmployerResponse:
    """Step 1. Raises OPEN_ACCOUNTS_LEFT, CODE_UNKNOWN, EMPLOYER_CLOSED, EMPLOYER_BUSY (try again)."""
    employer = employer_to_change(call)
    if request.close_reason not in reference.code_lists(call.connection)[codes.CLOSE_REASON]:
        field = FieldError("close_reason", CODE_UNKNOWN.code, "请选择注销原因")
        raise DomainError(CODE_UNKNOWN, fields=[field])
    left = accounts.count_open(call.connection, employer.employer_no)
    if left:
        raise fact(OPEN_ACCOUNTS_LEFT, count=left)
    registration_no, day = new_registration(call)
    employers.set_held_by(call.connection, employer.employer_no, registration_no=registration_no)
    waiting = PendingSaga(
        registration_no=registration_no,
        employer_no=employer.employer_no,
        business_date=day,
        asked_at=call.now,
        close_reason=request.close_reason,
    )
    businesses.add_saga(call.connection, waiting)
    call.emit(sagas.question_of(waiting), subject=employer.employer_no)
    business = pending(call, employer, registration_no=registration_no, kind=_KIND, day=day)
    return collection_service_pb2.CloseEmployerResponse(business=business)


def settle(call: Call, event: deposit_events_pb2.ClosingSettled) -> None:
    """Step 3: closed for good, or free again with every unmet condition named."""
    waiting = businesses.take_saga(call.connection, event.registration_no)
    if waiting is None:
        return  # an answer to a question that was asked twice
    employer = employers.lock_employer(call.connection, waiting.employer_no, vault=call.vault)
    if event.closed:
        _close(call, employer, waiting)
        finish(call, event.registration_no)
    else:
        employers.set_held_by(call.connection, employer.employer_no, registration_no=None)
        finish(call, event.registration_no, rejection=event.rejection)


def _close(call: Call, employer: Employer, waiting: PendingSaga) -> None:
    day = business_date(call.now)
    closed = replace(employer, status=codes.EMPLOYER_CLOSED, closed_on=day, held_by=None)
    employers.save_employer(call.connection, closed, vault=call.vault)
    titles = reference.titles(call.connection, codes.CLOSE_REASON)
    call.emit(
        collection_events_pb2.EmployerClosed(
            header=wire.header(
                closed,
                registration_no=waiting.registration_no,
                kind=_KIND,
                day=waiting.business_date,
            ),
            employer=wire.employer_state(closed, vault=call.vault, day=day),
            close_reason=waiting.close_reason,
            close_reason_title=titles[waiting.close_reason],
        ),
        subject=employer.employer_no,
    )
