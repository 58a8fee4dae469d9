"""An owner's accepted businesses as their employer asks for them: how one stands, how it goes on, and 操作记录.

Each owner keeps them in a table of its own and says how one is told; who may see which, and in what order, is the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar

# The words of an operation are collection's, which told of them first; deposit answers in the same.
from hpf.collection.v1 import collection_service_pb2
from hpf.common.v1 import business_pb2
from sqlalchemy import Table, select

from services.kit.app import Call, Standing
from services.kit.errors import BUSINESS_UNKNOWN, DomainError
from services.kit.pages import Page, open_page
from services.kit.submissions.approving import UNDER_WAY, asked_business

#: An operation is a line of some 300 bytes; nobody reads more of them at once.
PAGE_SIZE_MAX = 200


class Accepted(Protocol):
    """A row of the table: a business that was accepted, with who submitted it."""

    @property
    def registration_no(self) -> str: ...
    @property
    def submitted_at(self) -> datetime: ...
    @property
    def submitted_by(self) -> str: ...
    @property
    def certificate(self) -> str: ...
    @property
    def approved_certificate(self) -> str: ...
    @property
    def request_ref(self) -> str: ...


_Business = TypeVar("_Business", bound=Accepted)


def centre_agent(submitted_by: str) -> str:
    """经办人 on the papers of what the centre did: its staff by their login name; its bank's connector has none."""
    kind, _, name = submitted_by.partition(":")
    return f"管理中心 {name}" if kind == "staff" else "管理中心"


@dataclass(frozen=True)
class Businesses(Generic[_Business]):
    """`table` has the columns of `kept`, `registration_no` (登记号, rising with time) and `employer_no` among them."""

    table: Table
    kept: Callable[..., _Business]
    message: Callable[[_Business], business_pb2.Business]
    progress: Callable[[_Business], business_pb2.BusinessProgress]

    def get_business(
        self, call: Call, request: business_pb2.GetBusinessRequest
    ) -> business_pb2.GetBusinessResponse:
        """Raises BUSINESS_UNKNOWN, also for another employer's business."""
        asked = asked_business(call, request.registration_no)
        if isinstance(asked, str):
            asked = self.message(self.own(call, asked))
        return business_pb2.GetBusinessResponse(business=asked)

    def watch_business(
        self, call: Call, request: business_pb2.WatchBusinessRequest
    ) -> business_pb2.WatchBusinessResponse | Standing:
        """How the business stands now, also while it waits for its approval; the last word when it has ended.

        Raises BUSINESS_UNKNOWN as `get_business` does.
        """
        asked = asked_business(call, request.registration_no)
        if isinstance(asked, str):
            found = self.own(call, asked)
            now = business_pb2.WatchBusinessResponse(
                business=self.message(found), progress=self.progress(found)
            )
        else:
            now = business_pb2.WatchBusinessResponse(business=asked)
        if now.business.state in UNDER_WAY:
            return Standing(now, now.business.registration_no)
        return now

    def list_operations(
        self, call: Call, request: collection_service_pb2.ListOperationsRequest
    ) -> collection_service_pb2.ListOperationsResponse:
        """操作记录 of the session's employer, newest first. Raises FIELD_INVALID, PAGE_TOKEN_INVALID."""
        page = open_page(
            call.vault,
            scope=("ListOperations", call.employer_no),
            size=request.page_size,
            token=request.page_token,
            size_max=PAGE_SIZE_MAX,
        )
        shown, next_token = page.cut(self._page(call, page), lambda each: (each.registration_no,))
        return collection_service_pb2.ListOperationsResponse(
            operations=[self.operation(each) for each in shown], next_page_token=next_token
        )

    def operation(self, found: _Business) -> collection_service_pb2.Operation:
        """The business with who submitted it."""
        return collection_service_pb2.Operation(
            business=self.message(found),
            submitted_at=found.submitted_at.isoformat(),
            submitted_by=found.submitted_by.partition(":")[0],
            certificate=found.certificate,
            request_ref=found.request_ref,
            approved_certificate=found.approved_certificate,
        )

    def own(self, call: Call, registration_no: str) -> _Business:
        """A business of the session's employer. Raises BUSINESS_UNKNOWN."""
        query = select(self.table).where(
            self.table.c.registration_no == registration_no,
            self.table.c.employer_no == call.employer_no,
        )
        row = call.connection.execute(query).one_or_none()
        if row is None:
            raise DomainError(BUSINESS_UNKNOWN)
        return self.kept(**row._mapping)

    def _page(self, call: Call, page: Page) -> list[_Business]:
        number = self.table.c.registration_no
        query = select(self.table).where(self.table.c.employer_no == call.employer_no)
        if page.after:
            query = query.where(number < str(page.after[0]))
        rows = call.connection.execute(query.order_by(number.desc()).limit(page.fetch))
        return [self.kept(**row._mapping) for row in rows]
