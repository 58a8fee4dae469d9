"""What submits: a case for every such method, and what its tests do with keys, waiting numbers and notes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from hpf.collection.v1 import collection_events_pb2 as collection_events
from hpf.collection.v1 import collection_service_pb2 as collection
from hpf.common.v1 import approval_pb2, business_pb2, submission_events_pb2
from hpf.deposit.v1 import deposit_events_pb2 as deposit_events
from hpf.deposit.v1 import deposit_service_pb2 as deposit

from services.kit.ids import new_id
from services.kit.registry import app_of
from services.kit.submissions.canonical import canonical_form, sha256_hex
from tests.system.city import City, Refused
from tests.system.deposit_city import back_payment_row, type_back_payment
from tests.system.keys import Key, form_of, path_of
from tests.system.lists import account_nos, type_rows
from tests.system.people import open_accounts, pay_in, person, register, remit

APPROVAL, SIGNED = "approval_required", "signature_required"
WAITING = business_pb2.BUSINESS_STATE_WAITING_APPROVAL
POSTED = business_pb2.BUSINESS_STATE_POSTED
REJECTED = business_pb2.BUSINESS_STATE_REJECTED

HANDLER, APPROVER = Key("handler", "handler"), Key("approver", "approver")
_employers = count(110_000)
_people = count(640_000)


@dataclass(frozen=True)
class Case:
    """One method that submits: what makes an employer ready for it, what is sent, the event that posts it."""

    owner: str
    ready: Callable[[City], str]
    request: Callable[[City, str], Message]
    event: type[Message]

    def form(self, city: City, employer_no: str, request: Message) -> bytes:
        return form_of(city, employer_no, request, owner=self.owner)


def new_person(*, base: str = "5000.00") -> dict[str, str]:
    """A row of the list of §5.1 about somebody else each time."""
    return person(next(_people), base=base)


def with_people(city: City, *bases: str) -> str:
    employer_no = register(city, next(_employers))
    if bases:
        open_accounts(city, employer_no, [new_person(base=base) for base in bases])
    city.settle()
    return employer_no


def with_money(city: City) -> str:
    employer_no = with_people(city, "5000.00", "16317.00")
    pay_in(city, employer_no, 10_000_000)
    city.settle()
    return employer_no


def paid_up(city: City) -> str:
    employer_no = with_money(city)
    remit(city, employer_no, 201907)
    return employer_no


def opening(city: City, employer_no: str) -> Message:
    rows = [new_person(base=base) for base in ("5000.00", "6000.00")]
    type_rows(city, employer_no, "open_accounts", rows)
    return business_pb2.SubmitWorksheetRequest(business="open_accounts")


def back_payment(city: City, employer_no: str) -> Message:
    rows = [back_payment_row(account_nos(city, employer_no)[0], "1100.00", 201907, 201907)]
    type_back_payment(city, employer_no, rows, amount="1100.00", kind="不定额补缴", people=1)
    return business_pb2.SubmitWorksheetRequest(business="back_payment")


def rates(_city: City, _employer_no: str) -> Message:
    limits = collection_events.RateLimits(
        employer_rate_min=10, employer_rate_max=10, employee_rate_min=10, employee_rate_max=10
    )
    return collection.ChangeRatesRequest(limits=limits)


def profile(_city: City, _employer_no: str) -> Message:
    changed = collection.EmployerProfile(
        address="张家口市桥西区新址2号", agent_mobile="13900005678"
    )
    return collection.ChangeProfileRequest(profile=changed, fields=["address", "agent_mobile"])


CASES = {
    "open_accounts": Case("collection", with_people, opening, collection_events.AccountsOpened),
    "back_payment": Case("deposit", paid_up, back_payment, deposit_events.BackPaymentPosted),
    "remittance": Case(
        "deposit",
        with_money,
        lambda _city, _no: deposit.SubmitRemittanceRequest(
            to_month=201909, expected_amount_fen=1_406_922, expected_headcount=2
        ),
        deposit_events.RemittancePosted,
    ),
    "rates": Case(
        "collection",
        lambda city: with_people(city, "5000.00"),
        rates,
        collection_events.RatesChanged,
    ),
    "profile": Case("collection", with_people, profile, collection_events.ProfileChanged),
    "closing": Case(
        "collection",
        with_people,
        lambda _city, _no: collection.CloseEmployerRequest(close_reason="01"),
        collection_events.EmployerClosed,
    ),
}
each_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())


def send(
    city: City, case: Case, employer_no: str, request: Any, *policies: str, key: Key = HANDLER
) -> business_pb2.Business:
    """Submit and let everything settle; raises Refused."""
    method = app_of(case.owner).methods[type(request).__name__.removesuffix("Request")]
    reply: Any = city.call(
        case.owner,
        request,
        GetMessageClass(method.descriptor.output_type),
        by=key.principal(employer_no, *policies),
    )
    city.settle()
    found: business_pb2.Business = reply.business
    return found


def sign(city: City, case: Case, employer_no: str, request: Any, *, key: Key = HANDLER) -> None:
    request.request_id = new_id()
    request.signature.CopyFrom(key.signature(case.form(city, employer_no, request)))


def approve(
    city: City, case: Case, employer_no: str, waiting_no: str, *policies: str, key: Key = APPROVER
) -> business_pb2.Business:
    request = approval_pb2.ApproveSubmissionRequest(request_id=new_id(), waiting_no=waiting_no)
    if SIGNED in policies:
        shown = waiting(city, case, employer_no, waiting_no)
        form = canonical_form(
            path_of(case.owner, request),
            employer_no=employer_no,
            request=request,
            content_sha256=sha256_hex(shown.canonical),
        )
        request.signature.CopyFrom(key.signature(form))
    return send(city, case, employer_no, request, APPROVAL, *policies, key=key)


def reject(
    city: City, case: Case, employer_no: str, waiting_no: str, why: str
) -> approval_pb2.WaitingSubmission:
    request = approval_pb2.RejectSubmissionRequest(waiting_no=waiting_no, reason=why)
    reply = city.call(
        case.owner,
        request,
        approval_pb2.RejectSubmissionResponse,
        by=APPROVER.principal(employer_no, APPROVAL),
    )
    city.settle()
    return reply.submission


def waiting(
    city: City, case: Case, employer_no: str, waiting_no: str
) -> approval_pb2.GetWaitingSubmissionResponse:
    return city.call(
        case.owner,
        approval_pb2.GetWaitingSubmissionRequest(waiting_no=waiting_no),
        approval_pb2.GetWaitingSubmissionResponse,
        by=APPROVER.principal(employer_no, APPROVAL),
    )


def asked(city: City, case: Case, employer_no: str, number: str) -> business_pb2.Business:
    return city.call(
        case.owner,
        business_pb2.GetBusinessRequest(registration_no=number),
        business_pb2.GetBusinessResponse,
        by=HANDLER.principal(employer_no, APPROVAL),
    ).business


def refusal(work: Callable[[], object]) -> str:
    with pytest.raises(Refused) as refused:
        work()
    return refused.value.reason


def noted(city: City, employer_no: str) -> list[submission_events_pb2.SubmissionNoted]:
    return city.events_of(submission_events_pb2.SubmissionNoted, employer_no)


def outcomes(city: City, employer_no: str) -> list[str]:
    """What was noted since the employer was made ready, without the common part of the names."""
    names = submission_events_pb2.SubmissionOutcome
    return [names.Name(each.outcome).rpartition("_")[2] for each in noted(city, employer_no)]


#: What two employers cannot have in common.
OWN = {
    "registration_no", "employer_no", "employer_name", "account_no", "serial_no", "statement_no",
    "id_number_sealed", "id_number_masked", "id_number_index", "agent_mobile_sealed", "mobile_sealed",
    "uscc", "name", "line_chunks", "account_state_version",
}  # fmt: skip


def common(value: Any) -> Any:
    """A message without what only its employer or its people have."""
    if isinstance(value, dict):
        return {key: common(each) for key, each in value.items() if key not in OWN}
    return [common(each) for each in value] if isinstance(value, list) else value


def posted(city: City, case: Case, employer_no: str) -> list[Any]:
    """What the business's events say, as far as two employers can have it in common."""
    found = city.events_of(case.event, employer_no)
    return [common(MessageToDict(each, preserving_proto_field_name=True)) for each in found]
