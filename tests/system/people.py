"""Made-up employers and people with valid check digits."""

from __future__ import annotations

from datetime import date

from hpf.collection.v1 import collection_service_pb2 as collection
from hpf.common.v1 import business_pb2, worksheet_pb2
from hpf.deposit.v1 import deposit_service_pb2 as deposit

from services.kit.app import Principal
from services.kit.clock import business_date
from services.kit.idnumbers import make_id_number, make_uscc
from services.kit.ids import new_id
from tests.system.city import City


def agent_of(employer_no: str) -> Principal:
    """The employer's clerk with a session."""
    return Principal(kind="employer", employer_no=employer_no, session_id=f"s-{employer_no}")


def register(city: City, number: int, *, first_month: int = 201907) -> str:
    """Open employer `number` with rates 12 % + 10 %; returns its employer_no."""
    request = collection.RegisterEmployerRequest(
        profile=collection.EmployerProfile(
            name=f"张家口试验{number}号有限公司",
            uscc=make_uscc("130702", number),
            address="张家口市桥东区测试路1号",
            legal_representative="王法人",
            agent_name="李经办",
            agent_mobile="13800001234",
        ),
        branch_code="01",
        first_month=first_month,
        employer_rate_min=12,
        employer_rate_max=12,
        employee_rate_min=10,
        employee_rate_max=10,
    )
    reply = city.call("collection", request, collection.RegisterEmployerResponse)
    return reply.business.employer_no


def person(number: int, *, base: str = "5000.00", month: str = "201907") -> dict[str, str]:
    """Row `number` of the worksheet of §5.1."""
    return {
        "name": f"试验{'甲乙丙丁戊己庚辛壬癸'[number % 10]}",
        "id_type": "身份证",
        "id_number": make_id_number("130702", _birth(number), number % 900),
        "mobile": f"139{number:08d}",
        "base": base,
        "effective_month": month,
    }


def _birth(number: int) -> date:
    """Another birthday for every 900 people, so that no two numbers are alike."""
    days = number // 900
    return date(1960 + days // 28, 1, 1 + days % 28)


def open_accounts(
    city: City, employer_no: str, rows: list[dict[str, str]]
) -> business_pb2.Business:
    """Type the rows into the worksheet and submit it."""
    agent = agent_of(employer_no)
    typed = worksheet_pb2.AddWorksheetRowsRequest(
        business="open_accounts",
        rows=[worksheet_pb2.WorksheetRowInput(cells=row) for row in rows],
    )
    city.call("collection", typed, worksheet_pb2.AddWorksheetRowsResponse, by=agent)
    request = business_pb2.SubmitWorksheetRequest(business="open_accounts")
    reply = city.call("collection", request, business_pb2.SubmitWorksheetResponse, by=agent)
    return reply.business


def pay_in(city: City, employer_no: str, fen: int, *, reference: str = "") -> business_pb2.Business:
    """The bank reports a payment of today."""
    request = deposit.RecordBankPaymentRequest(
        employer_no=employer_no,
        bank_reference=reference or new_id(),
        amount_fen=fen,
        value_date=business_date(city.clock.now()).isoformat(),
    )
    return city.call("deposit", request, deposit.RecordBankPaymentResponse).business


def preview(city: City, employer_no: str, to_month: int) -> collection.PreviewRemittanceResponse:
    """What would be due through `to_month`."""
    request = collection.PreviewRemittanceRequest(to_month=to_month)
    return city.call(
        "collection", request, collection.PreviewRemittanceResponse, by=agent_of(employer_no)
    )


def remit(
    city: City,
    employer_no: str,
    to_month: int,
    *,
    due: collection.PreviewRemittanceResponse | None = None,
) -> business_pb2.Business:
    """Remit through `to_month`, stating what was seen to be `due`, and wait for the outcome."""
    agent = agent_of(employer_no)
    request = deposit.SubmitRemittanceRequest(
        to_month=to_month,
        expected_amount_fen=due.amount_fen if due else 0,
        expected_headcount=due.headcount if due else 0,
    )
    reply = city.call("deposit", request, deposit.SubmitRemittanceResponse, by=agent)
    city.settle()
    return outcome(city, employer_no, reply.business.registration_no)


def outcome(
    city: City, employer_no: str, registration_no: str, *, owner: str = "deposit"
) -> business_pb2.Business:
    """The state of a business of `owner`."""
    request = business_pb2.GetBusinessRequest(registration_no=registration_no)
    reply = city.call(owner, request, business_pb2.GetBusinessResponse, by=agent_of(employer_no))
    return reply.business


def check_books(city: City) -> deposit.CheckBooksResponse:
    return city.call("deposit", deposit.CheckBooksRequest(), deposit.CheckBooksResponse)
