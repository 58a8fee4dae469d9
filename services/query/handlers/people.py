"""个人基本信息查询 (manual §4.3): by id number, account or status, or everybody, with totals that follow the filter."""

from __future__ import annotations

from hpf.query.v1 import query_service_pb2 as pb

from services.kit import pages
from services.kit.app import Call
from services.kit.vault import Vault
from services.query import domain, wire
from services.query.domain import PeopleFilter
from services.query.store import people


def list_people(call: Call, request: pb.ListPeopleRequest) -> pb.ListPeopleResponse:
    """One page of the session's employer. Raises FILTER_CODE_UNKNOWN, ID_TYPE_REQUIRED, PAGE_TOKEN_INVALID."""
    wanted = filter_of(request.filter)
    page = pages.open_page(
        call.vault,
        scope=("ListPeople", call.employer_no, *wanted.parts()),
        size=request.page_size,
        token=request.page_token,
    )
    index = index_of(wanted, vault=call.vault)
    rows, next_token = page.cut(
        people.page_of_people(
            call.connection,
            employer_no=call.employer_no,
            wanted=wanted,
            id_number_index=index,
            page=page,
        ),
        people.position_of_person,
    )
    totals = people.totals_of_people(
        call.connection, employer_no=call.employer_no, wanted=wanted, id_number_index=index
    )
    return pb.ListPeopleResponse(
        people=[wire.person_message(row, vault=call.vault) for row in rows],
        next_page_token=next_token,
        totals=wire.totals_message(totals),
    )


def filter_of(message: pb.PeopleFilter) -> PeopleFilter:
    """The filter of a request, checked."""
    return domain.people_filter(
        id_type=message.id_type,
        id_number=message.id_number,
        account_no=message.account_no,
        status=message.status,
        path="filter",
    )


def index_of(wanted: PeopleFilter, *, vault: Vault) -> bytes:
    """What the id number asked for is stored as; empty when none is."""
    return vault.index(wire.ID_NUMBER, wanted.id_number) if wanted.id_number else b""
