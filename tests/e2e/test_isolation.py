"""An employer's session sees and touches nothing of another's, in any method the edge offers.

The walk is over the edge's own table, so a method added later is walked too. Every request is filled with the
other employer's identifiers wherever a field could hold one.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import grpc
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.protobuf.text_format import MessageToString
from hpf.common.v1.options_pb2 import ACCESS_EMPLOYER
from hpf.query.v1 import query_service_pb2 as query

from client.errors import HallError, from_rpc
from services.edge.routes import Route, all_routes
from services.kit.access_tokens import issue_access_token, load_signing_key, verify_access_token
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


@pytest.fixture(scope="module")
def bad_tokens(town: Town, other: Other) -> dict[str, str]:
    """Tokens that open nothing, with the reason that each is told; all but one are of the other employer itself."""
    genuine = other.employer.hall.session().access_token
    key = load_signing_key((town.instance.secrets / "session-private.pem").read_bytes())
    claims = verify_access_token(genuine, key=key.public_key(), now=datetime.now(UTC))
    hour = timedelta(hours=1)
    early = replace(claims, issued_at=claims.issued_at - hour, expires_at=datetime.now(UTC))
    late = replace(claims, issued_at=datetime.now(UTC) + hour, expires_at=claims.expires_at + hour)
    gone = town.settle(headcount=1, paid_fen=0)
    ended = gone.hall.session().access_token
    gone.hall.logout()
    path = "/hpf.query.v1.QueryService/GetEmployer"
    assert wait_until(lambda: reason_of(town, path, query.GetEmployerRequest(), ended) != "")
    return {
        "none": "",
        "none at all": "not.a.token",
        "expired": issue_access_token(early, key=key),
        "of the future": issue_access_token(late, key=key),
        "of another key": issue_access_token(claims, key=Ed25519PrivateKey.generate()),
        "altered": genuine[:-8] + ("AAAAAAAA" if genuine[-8:] != "AAAAAAAA" else "BBBBBBBB"),
        "ended": ended,
    }


@pytest.mark.parametrize("route", ROUTES, ids=lambda r: r.path)
def test_without_a_session_that_is_good_every_method_refuses(
    town: Town, other: Other, bad_tokens: dict[str, str], route: Route
) -> None:
    request = filled(route, other.identifiers)

    told = {
        name: reason_of(town, route.path, request, token, streams=route.streams)
        for name, token in bad_tokens.items()
    }

    assert told == {
        "none": "UNAUTHENTICATED SESSION_REQUIRED",
        "none at all": "UNAUTHENTICATED TOKEN_INVALID",
        "expired": "UNAUTHENTICATED SESSION_EXPIRED",
        "of the future": "UNAUTHENTICATED TOKEN_INVALID",
        "of another key": "UNAUTHENTICATED TOKEN_INVALID",
        "altered": "UNAUTHENTICATED TOKEN_INVALID",
        "ended": "UNAUTHENTICATED SESSION_ENDED",
    }


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


def reason_of(town: Town, path: str, request: Message, token: str, *, streams: bool = False) -> str:
    """Why a call without a good session was refused; empty when it was not."""
    try:
        (town.stream if streams else town.call)(path, request, token=token)
    except grpc.RpcError as error:
        return f"{error.code().name} {from_rpc(error).reason}"
    return ""


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
