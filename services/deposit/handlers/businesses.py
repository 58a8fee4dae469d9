"""The state of a business by its registration number, the suspense, and the check of the books."""

from __future__ import annotations

from hpf.deposit.v1 import deposit_service_pb2 as deposit

from services.deposit import sagas, wire
from services.deposit.domain.chart import TITLES
from services.deposit.errors import EMPLOYER_UNKNOWN
from services.deposit.models import business
from services.deposit.store import books, funds
from services.deposit.store.businesses import Business
from services.kit.app import Call
from services.kit.businesses import Businesses
from services.kit.errors import DomainError

BUSINESSES = Businesses(business, Business, wire.business_message, sagas.progress_of)


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
                invariant=each.invariant.name,
                subject=each.subject,
                expected_fen=each.expected,
                found_fen=each.found,
                invariant_zh=each.invariant.title_zh,
                is_number=not each.invariant.is_money,
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
