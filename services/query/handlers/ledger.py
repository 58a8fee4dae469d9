"""个人明细账查询 (manual §4.4)."""

from __future__ import annotations

from hpf.query.v1 import query_service_pb2 as pb

from services.kit import pages
from services.kit.app import Call
from services.kit.errors import READ_MODEL_BEHIND, DomainError
from services.query import domain, wire
from services.query.errors import ACCOUNT_UNKNOWN
from services.query.store import books, codes, people


def list_ledger(call: Call, request: pb.ListLedgerRequest) -> pb.ListLedgerResponse:
    """One page of one person's ledger, newest line first.

    Raises ACCOUNT_UNKNOWN unless the account is in the session's employer, DATE_INVALID, DATE_RANGE_REVERSED,
    PAGE_TOKEN_INVALID; READ_MODEL_BEHIND while the account's opening is still on the way here.
    """
    period = domain.open_period(from_date=request.from_date, to_date=request.to_date)
    account_no = request.account_no.strip()
    page = pages.open_page(
        call.vault,
        scope=("ListLedger", call.employer_no, account_no, *period.parts()),
        size=request.page_size,
        token=request.page_token,
    )
    person = people.load_person(
        call.connection, account_no=account_no, employer_no=call.employer_no
    )
    if person is None:
        raise DomainError(ACCOUNT_UNKNOWN)
    if not person.registered:
        raise DomainError(READ_MODEL_BEHIND)
    rows, next_token = page.cut(
        books.page_of_ledger(call.connection, account_no=account_no, period=period, page=page),
        books.position_of_ledger_line,
    )
    titles = codes.titles_of(call.connection, domain.SUMMARY)
    return pb.ListLedgerResponse(
        account_no=account_no,
        name=person.name,
        entries=[wire.ledger_message(row, titles) for row in rows],
        next_page_token=next_token,
    )
