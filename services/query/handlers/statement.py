"""单位缴存明细查询 (manual §4.1): 开始日期 and 结束日期 must both be given."""

from __future__ import annotations

from hpf.query.v1 import query_service_pb2 as pb

from services.kit import pages
from services.kit.app import Call, one_statement
from services.query import domain, wire
from services.query.store import books


@one_statement
def list_statement(call: Call, request: pb.ListStatementRequest) -> pb.ListStatementResponse:
    """One page of the session's employer.

    Raises DATE_RANGE_REQUIRED, DATE_INVALID, DATE_RANGE_REVERSED, FILTER_CODE_UNKNOWN,
    PAGE_TOKEN_INVALID.
    """
    period = domain.closed_period(from_date=request.from_date, to_date=request.to_date)
    order = domain.line_order(request.order, path="order")
    page = pages.open_page(
        call.vault,
        scope=("ListStatement", call.employer_no, *period.parts(), *order.parts()),
        size=request.page_size,
        token=request.page_token,
    )
    rows, next_token = page.cut(
        books.page_of_statement(
            call.connection, employer_no=call.employer_no, period=period, order=order, page=page
        ),
        books.position_of_statement_line,
    )
    return pb.ListStatementResponse(
        lines=[wire.statement_message(row, row.title_zh) for row in rows],
        next_page_token=next_token,
    )
