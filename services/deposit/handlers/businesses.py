"""The state of a business by its registration number, the suspense, and the check of the books."""

from __future__ import annotations

from hpf.collection.v1 import collection_service_pb2
from hpf.common.v1 import business_pb2
from hpf.deposit.v1 import deposit_service_pb2 as deposit

from services.deposit import sagas, wire
from services.deposit.domain.chart import TITLES
from services.deposit.errors import BUSINESS_UNKNOWN, EMPLOYER_UNKNOWN
from services.deposit.store import books, businesses, funds
from services.deposit.store.businesses import Business
from services.kit.app import Call, Standing
from services.kit.errors import DomainError
from services.kit.operations import page_of_operations
from services.kit.submissions.approving import UNDER_WAY, asked_business


def get_business(
    call: Call, request: business_pb2.GetBusinessRequest
) -> business_pb2.GetBusinessResponse:
    """Raises BUSINESS_UNKNOWN, also for another employer's business."""
    asked = asked_business(call, request.registration_no)
    if isinstance(asked, business_pb2.Business):
        return business_pb2.GetBusinessResponse(business=asked)
    return business_pb2.GetBusinessResponse(
        business=wire.business_message(_own_business(call, asked))
    )


def watch_business(
    call: Call, request: business_pb2.WatchBusinessRequest
) -> business_pb2.WatchBusinessResponse | Standing:
    """How the business stands now, also while it waits for its approval; the last word when it has ended.

    Raises BUSINESS_UNKNOWN as `get_business` does.
    """
    asked = asked_business(call, request.registration_no)
    if isinstance(asked, business_pb2.Business):
        now = business_pb2.WatchBusinessResponse(business=asked)
    else:
        found = _own_business(call, asked)
        now = business_pb2.WatchBusinessResponse(
            business=wire.business_message(found), progress=sagas.progress_of(found)
        )
    if now.business.state in UNDER_WAY:
        return Standing(now, now.business.registration_no)
    return now


def _own_business(call: Call, registration_no: str) -> Business:
    found = businesses.load_business(call.connection, registration_no)
    if found is None or found.employer_no != call.employer_no:
        raise DomainError(BUSINESS_UNKNOWN)
    return found


def list_operations(
    call: Call, request: collection_service_pb2.ListOperationsRequest
) -> collection_service_pb2.ListOperationsResponse:
    """操作记录 of what moves money, newest first."""
    shown, next_token = page_of_operations(
        call,
        request,
        lambda before, limit: businesses.operations(
            call.connection, call.employer_no, before=before, limit=limit
        ),
    )
    return collection_service_pb2.ListOperationsResponse(
        operations=[wire.operation(each) for each in shown], next_page_token=next_token
    )


def get_suspense(call: Call, request: deposit.GetSuspenseRequest) -> deposit.GetSuspenseResponse:
    """暂存款可用余额. Raises EMPLOYER_UNKNOWN."""
    employer = funds.load_employer(call.connection, call.employer_no)
    if employer is None:
        raise DomainError(EMPLOYER_UNKNOWN)
    return deposit.GetSuspenseResponse(available_fen=employer.suspense_fen)


def check_books(call: Call, request: deposit.CheckBooksRequest) -> deposit.CheckBooksResponse:
    """Every invariant of the books, in one snapshot."""
    findings = books.broken_invariants(call.connection)
    accounts, lines, entries = books.counts(call.connection)
    return deposit.CheckBooksResponse(
        clean=not findings,
        findings=[
            deposit.BooksFinding(
                invariant=each.invariant,
                subject=each.subject,
                expected_fen=each.expected_fen,
                found_fen=each.found_fen,
            )
            for each in findings
        ],
        trial_balance=[
            deposit.TrialBalanceLine(
                account_code=code, title_zh=TITLES[code], debit_fen=debit, credit_fen=credit
            )
            for code, debit, credit in books.trial_balance(call.connection)
        ],
        accounts=accounts,
        ledger_lines=lines,
        journal_entries=entries,
    )
