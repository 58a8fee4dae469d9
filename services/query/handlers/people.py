"""个人基本信息查询 (manual §4.3): by id number, account or status, or everybody, with totals that follow the filter."""

from __future__ import annotations

from hpf.query.v1 import query_service_pb2 as pb

from services.kit import pages
from services.kit.app import Call, one_statement
from services.query import domain, wire
from services.query.store import people


@one_statement
def list_people(call: Call, request: pb.ListPeopleRequest) -> pb.ListPeopleResponse:
    """One page of the session's employer. Raises FILTER_CODE_UNKNOWN, ID_TYPE_REQUIRED, PAGE_TOKEN_INVALID."""
    wanted = wire.filter_of(request.filter, path="filter")
    order = domain.people_order(request.order, path="order")
    page = pages.open_page(
        call.vault,
        scope=("ListPeople", call.employer_no, *wanted.parts(), *order.parts()),
        size=request.page_size,
        token=request.page_token,
    )
    found, totals = people.page_of_people(
        call.connection,
        employer_no=call.employer_no,
        wanted=wanted,
        id_number_index=wire.index_of(wanted, vault=call.vault),
        order=order,
        page=page,
    )
    rows, next_token = page.cut(found, people.position_of_person(order))
    return pb.ListPeopleResponse(
        people=[wire.person_message(row, vault=call.vault) for row in rows],
        next_page_token=next_token,
        totals=wire.totals_message(totals),
    )
