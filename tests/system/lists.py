"""Fills and submits the lists of manual 五, as a clerk would."""

from __future__ import annotations

from hpf.collection.v1 import collection_events_pb2 as events
from hpf.collection.v1 import collection_service_pb2 as collection
from hpf.common.v1 import business_pb2, worksheet_pb2

from tests.system.city import City
from tests.system.people import agent_of

# As many rows as one AddWorksheetRows takes.
ROWS_PER_CALL = 500


def type_rows(
    city: City,
    employer_no: str,
    business: str,
    rows: list[dict[str, str]],
    *,
    owner: str = "collection",
    header: dict[str, str] | None = None,
) -> None:
    """Replace what is on the list by these rows."""
    request = worksheet_pb2.SaveWorksheetRequest(
        business=business,
        header=header or {},
        rows=[worksheet_pb2.WorksheetRowInput(cells=row) for row in rows],
    )
    city.call(owner, request, worksheet_pb2.SaveWorksheetResponse, by=agent_of(employer_no))


def submit(
    city: City, employer_no: str, business: str, *, owner: str = "collection"
) -> business_pb2.Business:
    """提交; raises Refused."""
    request = business_pb2.SubmitWorksheetRequest(business=business)
    reply = city.call(
        owner, request, business_pb2.SubmitWorksheetResponse, by=agent_of(employer_no)
    )
    return reply.business


def submit_rows(
    city: City,
    employer_no: str,
    business: str,
    rows: list[dict[str, str]],
    *,
    header: dict[str, str] | None = None,
) -> business_pb2.Business:
    """Type the rows and submit them."""
    type_rows(city, employer_no, business, rows, header=header)
    return submit(city, employer_no, business)


def worksheet(
    city: City, employer_no: str, business: str, *, owner: str = "collection"
) -> worksheet_pb2.GetWorksheetResponse:
    """刷新."""
    request = worksheet_pb2.GetWorksheetRequest(business=business, page_size=500)
    return city.call(owner, request, worksheet_pb2.GetWorksheetResponse, by=agent_of(employer_no))


def due(city: City, employer_no: str, to_month: int) -> collection.PreviewRemittanceResponse:
    """What a remittance to `to_month` would come to."""
    request = collection.PreviewRemittanceRequest(to_month=to_month)
    return city.call(
        "collection", request, collection.PreviewRemittanceResponse, by=agent_of(employer_no)
    )


def account_nos(city: City, employer_no: str) -> list[str]:
    """The employer's account numbers in the order in which they were opened."""
    opened = city.last_event(events.AccountsOpened, employer_no)
    return [each.account_no for each in opened.accounts]
