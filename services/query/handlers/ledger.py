"""个人明细账查询 (manual §4.4)."""

from __future__ import annotations

from hpf.query.v1 import query_service_pb2 as pb

from services.kit import pages
from services.kit.app import Call, one_statement
from services.query import domain, lookups, wire
from services.query.store import books


@one_statement
def list_ledger(call: Call, request: pb.ListLedgerRequest) -> pb.ListLedgerResponse:
    """One page of one person's ledger.

    Raises ACCOUNT_UNKNOWN unless the account is in the session's employer, DATE_INVALID, DATE_RANGE_REVERSED,
    FILTER_CODE_UNKNOWN, PAGE_TOKEN_INVALID; READ_MODEL_BEHIND while the account's opening is still on the way here.
    """
    period = domain.open_period(from_date=request.from_date, to_date=request.to_date)
    order = domain.line_order(request.order, path="order")
    account_no = request.account_no.strip()
    page = pages.open_page(
        call.vault,
        scope=("ListLedger", call.employer_no, account_no, *period.parts(), *order.parts()),
        size=request.page_size,
        token=request.page_token,
    )
    person, found = books.page_of_ledger(
        call.connection,
        account_no=account_no,
        employer_no=call.employer_no,
        period=period,
        order=order,
        page=page,
    )
    rows, next_token = page.cut(found, books.position_of_ledger_line)
    return pb.ListLedgerResponse(
        account_no=account_no,
        name=lookups.known(person).name,
        entries=[wire.ledger_message(row, row.title_zh) for row in rows],
        next_page_token=next_token,
    )
