"""An employer's session sees and touches nothing of another's, in any method the edge offers.

The walk is over the edge's own table, so a method added later is walked too. Every request is filled with the
other employer's identifiers wherever a field could hold one.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.protobuf.text_format import MessageToString
from hpf.common.v1.options_pb2 import ACCESS_EMPLOYER
from hpf.query.v1 import query_service_pb2 as query

from client.errors import HallError
from services.edge.routes import Route, all_routes
from services.kit.ids import new_id
from tests.e2e.town import Employer, Town, wait_until

ROUTES = sorted(
    (route for route in all_routes() if route.access == ACCESS_EMPLOYER), key=lambda r: r.path
)
#: Ends the session that the walk needs: its own test.
LOGOUT = "/hpf.auth.v1.AuthService/Logout"
#: 【转入单位账号】 shows the name of the employer that it stands for (manual §5.4).
MAY_NAME_AN_EMPLOYER = {
    "LookUpTargetEmployer",
    "SetWorksheetHeader",
    "GetWorksheet",
    "SaveWorksheet",
}

UNAUTHENTICATED = grpc.StatusCode.UNAUTHENTICATED


@dataclass
class Other:
    """The other employer, what identifies its things and what nobody else may read."""

    employer: Employer
    identifiers: dict[str, Any]
    secrets: list[str]


@pytest.fixture(scope="module")
def other(town: Town, tmp_path_factory: pytest.TempPathFactory) -> Other:
    employer = town.settle(headcount=2, paid_fen=500_000)
    hall = employer.hall
    remittance = hall.outcome(hall.submit_remittance(employer.first_month.to_int()))
    sheet = hall.worksheet("open_accounts")
    draft = town.new_people(1, effective_month=employer.first_month + 1)
    [row] = sheet.add(draft).rows
    people = hall.people().people
    # All papers made by now: nothing of the employer's changes by itself any more.
    assert wait_until(lambda: len(hall.receipts().receipts) == 2)
    for each in hall.receipts().receipts:
        hall.download_receipt(each.registration_no, tmp_path_factory.mktemp("receipts"))
    identifiers = {
        "employer_no": employer.employer_no,
        "account_no": people[0].account_no,
        "registration_no": remittance.registration_no,
        "row_id": row.row_id,
        "row_ids": row.row_id,
        "to_month": (employer.first_month + 1).to_int(),
        "from_date": "2000-01-01",
        "to_date": "2099-12-31",
        "business": "open_accounts",
        "session_id": hall.session().session_id,
        "version": 1,
        "owner": "deposit",
    }
    people_secrets = [
        text
        for person in [*employer.people, *draft]
        for text in (person["name"], person["id_number"], person["mobile"])
    ]
    own = [employer.name, employer.uscc, employer.mobile]
    return Other(employer, identifiers, [*own, *people_secrets, people[1].account_no])


@pytest.fixture(scope="module")
def intruder(town: Town) -> Employer:
    return town.settle(headcount=1, paid_fen=1_000_000)


@pytest.mark.parametrize("route", [r for r in ROUTES if r.path != LOGOUT], ids=lambda r: r.path)
def test_nothing_of_another_employer_is_seen_or_touched(
    town: Town, other: Other, intruder: Employer, route: Route
) -> None:
    before = everything_of(other.employer)
    request = filled(route, other.identifiers)

    told = ask(town, route, request, token=intruder.hall.session().access_token)

    secrets = list(other.secrets)
    if route.method in MAY_NAME_AN_EMPLOYER:
        secrets.remove(other.employer.name)
    assert [secret for secret in secrets if secret in told] == []
    assert everything_of(other.employer) == before


@pytest.mark.parametrize("route", ROUTES, ids=lambda r: r.path)
@pytest.mark.parametrize("token", ["", "not.a.token"])
def test_without_a_session_every_method_refuses(
    town: Town, other: Other, route: Route, token: str
) -> None:
    send = town.stream if route.streams else town.call

    with pytest.raises(grpc.RpcError) as refused:
        send(route.path, filled(route, other.identifiers), token=token)

    assert refused.value.code() is UNAUTHENTICATED


def test_methods_of_the_staff_are_not_there(town: Town, intruder: Employer) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        town.call(
            "/hpf.deposit.v1.DepositAdminService/RecordBankPayment",
            query.GetEmployerRequest(),
            token=intruder.hall.session().access_token,
        )

    assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED


def test_a_session_of_one_employer_reads_only_its_own(
    town: Town, other: Other, intruder: Employer
) -> None:
    assert [p.name for p in intruder.hall.people().people] == [intruder.people[0]["name"]]
    assert intruder.hall.employer().employer_no == intruder.employer_no
    assert len(other.employer.hall.people().people) == 2


def test_a_page_token_of_another_employer_opens_nothing(
    town: Town, other: Other, intruder: Employer
) -> None:
    token = other.employer.hall.people(page_size=1).next_page_token

    with pytest.raises(HallError) as refused:
        intruder.hall.people(page_size=1, page_token=token)

    assert refused.value.reason == "PAGE_TOKEN_INVALID"


def ask(town: Town, route: Route, request: Message, *, token: str) -> str:
    """The whole answer as text, refusal or not."""
    try:
        if not route.streams:
            body = town.call(route.path, request, token=token)
            return MessageToString(route.reply_class.FromString(body), as_utf8=True)
        pieces = town.stream(route.path, request, token=token)
    except grpc.RpcError as error:
        details = b" ".join(
            value if isinstance(value, bytes) else value.encode()
            for _, value in error.trailing_metadata() or ()
        )
        return f"{error.details()} {details.decode('utf-8', 'replace')}"
    return text_of_file(b"".join(route.reply_class.FromString(each).content for each in pieces))


def text_of_file(content: bytes) -> str:
    """What a downloaded file says, with everything inside a workbook."""
    if not zipfile.is_zipfile(BytesIO(content)):
        return content.decode("utf-8", "replace")
    with zipfile.ZipFile(BytesIO(content)) as parts:
        return "".join(parts.read(name).decode("utf-8", "replace") for name in parts.namelist())


def filled(route: Route, identifiers: dict[str, Any]) -> Message:
    """A request with every field that can name something of the other employer."""
    return _filled(GetMessageClass(route.descriptor.input_type)(), identifiers)


def _filled(message: Any, identifiers: dict[str, Any]) -> Any:
    for field in message.DESCRIPTOR.fields:
        if field.name == "request_id":
            message.request_id = new_id()
        elif field.message_type is not None:
            if not field.is_repeated:
                _filled(getattr(message, field.name), identifiers)
            elif not field.message_type.GetOptions().map_entry:
                _filled(getattr(message, field.name).add(), identifiers)
        elif field.name in identifiers and field.is_repeated:
            getattr(message, field.name).append(identifiers[field.name])
        elif field.name in identifiers and field.type != FieldDescriptor.TYPE_ENUM:
            setattr(message, field.name, identifiers[field.name])
    return message


def everything_of(employer: Employer) -> list[str]:
    """All that the employer itself can see, as text."""
    hall = employer.hall
    replies: list[Message] = [
        hall.employer(),
        hall.people(page_size=500),
        hall.statement(from_date="2000-01-01", to_date="2099-12-31"),
        hall.receipts(),
        hall.worksheet("open_accounts").whole(),
        *(hall.ledger(person.account_no) for person in hall.people().people),
    ]
    return [MessageToString(reply, as_utf8=True) for reply in replies]
