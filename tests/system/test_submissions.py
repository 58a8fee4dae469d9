"""Every method that submits: signed, waiting for approval, approved, refused, noted; and nothing posted otherwise."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from hpf.collection.v1 import collection_events_pb2 as collection_events
from hpf.collection.v1 import collection_service_pb2 as collection
from hpf.common.v1 import approval_pb2, business_pb2, submission_events_pb2, submission_pb2
from hpf.deposit.v1 import deposit_events_pb2 as deposit_events
from hpf.deposit.v1 import deposit_service_pb2 as deposit

from services.kit.errors import reason_of
from services.kit.ids import new_id
from services.kit.registry import app_of
from services.kit.signatures import SignatureAlgorithm, verify_signature
from services.kit.submissions.canonical import canonical_form, sha256_hex
from tests.system.city import STAFF, City, Refused
from tests.system.deposit_city import back_payment_row, type_back_payment
from tests.system.keys import Key, form_of, path_of, seen_list
from tests.system.lists import account_nos, type_rows
from tests.system.people import check_books, open_accounts, pay_in, person, register, remit

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


def with_people(city: City, *bases: str) -> str:
    employer_no = register(city, next(_employers))
    if bases:
        open_accounts(city, employer_no, [person(next(_people), base=base) for base in bases])
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
    rows = [person(next(_people), base=base) for base in ("5000.00", "6000.00")]
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
        lambda _city, _no: deposit.SubmitRemittanceRequest(to_month=201909),
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


def test_every_method_that_submits_has_a_case_here() -> None:
    declared = {
        path_of(owner, GetMessageClass(method.descriptor.input_type)())
        for owner in ("collection", "deposit")
        for method in app_of(owner).methods.values()
        if method.submits
    }
    assert declared == {
        "hpf.collection.v1.CollectionService/SubmitWorksheet",
        "hpf.collection.v1.CollectionService/ChangeProfile",
        "hpf.collection.v1.CollectionService/ChangeRates",
        "hpf.collection.v1.CollectionService/CloseEmployer",
        "hpf.deposit.v1.DepositService/SubmitRemittance",
        "hpf.deposit.v1.DepositService/SubmitWorksheet",
    }


# ---------------------------------------------------------------- signatures


@each_case
def test_a_signed_submission_is_taken_and_its_signature_kept(city: City, case: Case) -> None:
    employer_no = case.ready(city)
    request = case.request(city, employer_no)
    sign(city, case, employer_no, request)
    form = case.form(city, employer_no, request)
    content = seen_list(city, employer_no, request, owner=case.owner)

    number = send(city, case, employer_no, request, SIGNED).registration_no

    assert asked(city, case, employer_no, number).state == POSTED
    kept = city.call(
        case.owner,
        submission_pb2.ListSubmissionEvidenceRequest(number=number),
        submission_pb2.ListSubmissionEvidenceResponse,
    )
    (evidence,) = kept.evidence
    assert (evidence.canonical, kept.content) == (form, content)
    assert evidence.session_id == f"handler of {employer_no}"
    assert verify_signature(
        evidence.signature.certificate,
        SignatureAlgorithm.ECDSA_SHA256,
        message=evidence.canonical,
        signature=evidence.signature.signature,
    )
    told = noted(city, employer_no)[-1]
    assert (told.registration_no, told.signed) == (number, True)
    assert told.digest == hashlib.sha256(form).hexdigest()


@each_case
def test_where_signatures_are_required_nothing_passes_without_one(city: City, case: Case) -> None:
    employer_no = case.ready(city)
    request = case.request(city, employer_no)

    assert refusal(lambda: send(city, case, employer_no, request, SIGNED)) == "SIGNATURE_REQUIRED"

    assert posted(city, case, employer_no) == []
    told = noted(city, employer_no)[-1]
    assert told.outcome == submission_events_pb2.SUBMISSION_OUTCOME_REFUSED
    assert (told.reason, told.certificate) == ("SIGNATURE_REQUIRED", "CN=handler#1")


@each_case
def test_what_was_signed_for_something_else_is_refused(city: City, case: Case) -> None:
    employer_no = case.ready(city)
    request: Any = case.request(city, employer_no)
    sign(city, case, employer_no, request)
    request.request_id = new_id()
    assert refusal(lambda: send(city, case, employer_no, request)) == "SIGNATURE_WRONG"

    sign(city, case, employer_no, request, key=APPROVER)
    assert refusal(lambda: send(city, case, employer_no, request)) == "SIGNATURE_CERTIFICATE_OTHER"
    # The session's certificate beside a signature of another key.
    request.request_id = new_id()
    request.signature.certificate = HANDLER.certificate
    assert refusal(lambda: send(city, case, employer_no, request)) == "SIGNATURE_WRONG"

    assert posted(city, case, employer_no) == []
    assert outcomes(city, employer_no)[-3:] == ["REFUSED"] * 3


def test_rows_changed_after_the_signature_are_not_posted(city: City) -> None:
    case = CASES["open_accounts"]
    employer_no = case.ready(city)
    request: Any = case.request(city, employer_no)
    sign(city, case, employer_no, request)
    type_rows(city, employer_no, "open_accounts", [person(next(_people), base="9000.00")])

    assert refusal(lambda: send(city, case, employer_no, request)) == "SIGNATURE_WRONG"

    assert posted(city, case, employer_no) == []


# ---------------------------------------------------------------- approval


@each_case
def test_approval_posts_exactly_what_a_direct_submission_does(city: City, case: Case) -> None:
    direct, approved = case.ready(city), case.ready(city)
    send(city, case, direct, case.request(city, direct))

    waits = send(city, case, approved, case.request(city, approved), APPROVAL)

    assert waits.state == WAITING
    assert posted(city, case, approved) == []
    assert asked(city, case, approved, waits.registration_no).state == WAITING
    number = approve(city, case, approved, waits.registration_no).registration_no
    (expected,) = posted(city, case, direct)
    assert posted(city, case, approved) == [expected]
    assert asked(city, case, approved, waits.registration_no).registration_no == number
    assert asked(city, case, approved, number).state == POSTED
    assert outcomes(city, approved)[-2:] == ["WAITING", "APPROVED"]
    assert check_books(city).clean


@each_case
def test_what_waits_has_changed_nothing_and_kept_no_lock(city: City, case: Case) -> None:
    employer_no = case.ready(city)
    request = case.request(city, employer_no)
    waits = send(city, case, employer_no, request, APPROVAL)

    # Not even held: the employer's money can move, its rates can change.
    assert waits.consistency == []
    if case is not CASES["rates"]:
        if not city.events_of(collection_events.AccountsOpened, employer_no):
            type_rows(city, employer_no, "open_accounts", [person(next(_people))])
        send(city, CASES["rates"], employer_no, rates(city, employer_no))
    assert posted(city, case, employer_no) == []


@each_case
def test_the_approver_sees_what_was_submitted(city: City, case: Case) -> None:
    employer_no = case.ready(city)
    request: Any = case.request(city, employer_no)
    sign(city, case, employer_no, request)
    form = case.form(city, employer_no, request)
    content = seen_list(city, employer_no, request, owner=case.owner)

    waits = send(city, case, employer_no, request, APPROVAL, SIGNED)

    shown = waiting(city, case, employer_no, waits.registration_no)
    assert (shown.canonical, shown.content) == (form, content)
    assert shown.submission.signed
    assert shown.submission.submitted_certificate == "CN=handler#1"
    # Approved with a signature of their own over just that.
    number = approve(city, case, employer_no, waits.registration_no, SIGNED).registration_no
    kept = city.call(
        case.owner,
        submission_pb2.ListSubmissionEvidenceRequest(number=number),
        submission_pb2.ListSubmissionEvidenceResponse,
    )
    assert [each.number for each in kept.evidence] == [waits.registration_no, number]
    assert hashlib.sha256(form).hexdigest() in kept.evidence[1].canonical.decode()
    assert kept.content == content


def test_an_unsigned_approval_is_refused_where_signatures_are_required(city: City) -> None:
    case = CASES["rates"]
    employer_no = case.ready(city)
    request: Any = case.request(city, employer_no)
    sign(city, case, employer_no, request)
    waits = send(city, case, employer_no, request, APPROVAL, SIGNED)
    unsigned = approval_pb2.ApproveSubmissionRequest(waiting_no=waits.registration_no)

    assert (
        refusal(lambda: send(city, case, employer_no, unsigned, APPROVAL, SIGNED, key=APPROVER))
        == "SIGNATURE_REQUIRED"
    )
    assert posted(city, case, employer_no) == []


def test_who_may_do_what(city: City) -> None:
    case = CASES["rates"]
    employer_no = case.ready(city)
    waits = send(city, case, employer_no, case.request(city, employer_no), APPROVAL)
    number = waits.registration_no
    stranger = case.ready(city)
    second = Key("second handler", "handler")
    both = Key("handler", "approver")  # the submitter's certificate, made an approver's since

    def ask(request: Any, key: Key, whose: str = employer_no) -> str:
        return refusal(lambda: send(city, case, whose, request, APPROVAL, key=key))

    approving = approval_pb2.ApproveSubmissionRequest(waiting_no=number)
    rejecting = approval_pb2.RejectSubmissionRequest(waiting_no=number, reason="不对")
    withdrawing = approval_pb2.WithdrawSubmissionRequest(waiting_no=number)
    assert ask(case.request(city, employer_no), APPROVER) == "HANDLER_ONLY"
    for request in (approving, rejecting):
        for key, whose, reason in (
            (HANDLER, employer_no, "APPROVER_ONLY"),
            (second, employer_no, "APPROVER_ONLY"),
            (both, employer_no, "APPROVER_IS_SUBMITTER"),
            (APPROVER, stranger, "SUBMISSION_UNKNOWN"),
        ):
            request.request_id = new_id()
            assert ask(request, key, whose) == reason
    assert ask(withdrawing, APPROVER) == "HANDLER_ONLY"
    withdrawing.request_id = new_id()
    assert ask(withdrawing, HANDLER, stranger) == "SUBMISSION_UNKNOWN"
    assert posted(city, case, employer_no) == []
    assert asked(city, case, employer_no, number).state == WAITING


def test_it_is_approved_once_and_a_repeated_call_gets_the_same_answer(city: City) -> None:
    case = CASES["remittance"]
    employer_no = case.ready(city)
    waits = send(city, case, employer_no, case.request(city, employer_no), APPROVAL)
    request = approval_pb2.ApproveSubmissionRequest(
        request_id=new_id(), waiting_no=waits.registration_no
    )

    first = send(city, case, employer_no, request, APPROVAL, key=APPROVER)
    again = send(city, case, employer_no, request, APPROVAL, key=APPROVER)

    assert first.registration_no == again.registration_no
    assert (
        refusal(lambda: approve(city, case, employer_no, waits.registration_no))
        == "SUBMISSION_DECIDED"
    )
    # 5000.00 × 22 % + 16317.00 × (12 % + 10 %) = 1100.00 + 3589.74, three months, once.
    (event,) = city.events_of(deposit_events.RemittancePosted, employer_no)
    assert event.amount_fen == 3 * 468_974


def test_a_list_changed_since_is_not_approved_and_the_same_rows_again_are(city: City) -> None:
    case = CASES["open_accounts"]
    employer_no = case.ready(city)
    rows = [person(next(_people), base="5000.00")]
    type_rows(city, employer_no, "open_accounts", rows)
    request = business_pb2.SubmitWorksheetRequest(business="open_accounts")
    number = send(city, case, employer_no, request, APPROVAL).registration_no
    type_rows(city, employer_no, "open_accounts", [{**rows[0], "base": "50000.00"}])

    assert refusal(lambda: approve(city, case, employer_no, number)) == "SUBMISSION_CONTENT_CHANGED"
    assert posted(city, case, employer_no) == []

    type_rows(city, employer_no, "open_accounts", rows)
    assert approve(city, case, employer_no, number).headcount == 1


def test_what_changed_meanwhile_is_refused_by_the_businesses_own_rules(city: City) -> None:
    case = CASES["rates"]
    employer_no = case.ready(city)
    number = send(city, case, employer_no, rates(city, employer_no), APPROVAL).registration_no
    send(city, case, employer_no, rates(city, employer_no))

    assert refusal(lambda: approve(city, case, employer_no, number)) == "RATES_UNCHANGED"

    assert len(posted(city, case, employer_no)) == 1
    assert asked(city, case, employer_no, number).state == WAITING


def test_errors_of_rows_are_told_when_submitting_and_nothing_waits(city: City) -> None:
    case = CASES["open_accounts"]
    employer_no = case.ready(city)
    type_rows(city, employer_no, "open_accounts", [{**person(next(_people)), "base": "1.00"}])
    request = business_pb2.SubmitWorksheetRequest(business="open_accounts")

    assert (
        refusal(lambda: send(city, case, employer_no, request, APPROVAL)) == "WORKSHEET_HAS_ERRORS"
    )

    listed = city.call(
        "collection",
        approval_pb2.ListWaitingSubmissionsRequest(),
        approval_pb2.ListWaitingSubmissionsResponse,
        by=APPROVER.principal(employer_no, APPROVAL),
    )
    assert list(listed.submissions) == []


def test_a_rejection_reaches_the_handler_with_its_reason(city: City) -> None:
    case = CASES["remittance"]
    employer_no = case.ready(city)
    number = send(
        city, case, employer_no, case.request(city, employer_no), APPROVAL
    ).registration_no
    ended = reject(city, case, employer_no, number, " 应缴到十月 ")

    assert ended.reason == "应缴到十月"
    found = asked(city, case, employer_no, number)
    assert (found.state, reason_of(found.rejection)) == (REJECTED, "SUBMISSION_REJECTED")
    assert "应缴到十月" in found.rejection.SerializeToString().decode("utf-8", "replace")
    assert refusal(lambda: approve(city, case, employer_no, number)) == "SUBMISSION_DECIDED"
    assert outcomes(city, employer_no)[-3:] == ["WAITING", "REJECTED", "REFUSED"]


def test_a_rejection_says_why(city: City) -> None:
    case = CASES["rates"]
    employer_no = case.ready(city)
    number = send(city, case, employer_no, rates(city, employer_no), APPROVAL).registration_no
    assert refusal(lambda: reject(city, case, employer_no, number, "  ")) == "FIELD_REQUIRED"
    assert refusal(lambda: reject(city, case, employer_no, number, "长" * 201)) == "FIELD_INVALID"


def test_a_handler_withdraws(city: City) -> None:
    case = CASES["rates"]
    employer_no = case.ready(city)
    number = send(city, case, employer_no, rates(city, employer_no), APPROVAL).registration_no

    city.call(
        "collection",
        approval_pb2.WithdrawSubmissionRequest(waiting_no=number),
        approval_pb2.WithdrawSubmissionResponse,
        by=HANDLER.principal(employer_no, APPROVAL),
    )

    found = asked(city, case, employer_no, number)
    assert (found.state, reason_of(found.rejection)) == (REJECTED, "SUBMISSION_WITHDRAWN")
    assert refusal(lambda: approve(city, case, employer_no, number)) == "SUBMISSION_DECIDED"


def test_what_nobody_approves_for_a_week_is_void(city: City) -> None:
    case = CASES["rates"]
    employer_no = case.ready(city)
    number = send(city, case, employer_no, rates(city, employer_no), APPROVAL).registration_no
    city.clock.moment += timedelta(days=7)

    assert refusal(lambda: approve(city, case, employer_no, number)) == "SUBMISSION_EXPIRED"
    city.tick("collection", "expire waiting submissions")

    found = asked(city, case, employer_no, number)
    assert (found.state, reason_of(found.rejection)) == (REJECTED, "SUBMISSION_EXPIRED")
    assert outcomes(city, employer_no)[-1] == "EXPIRED"
    city.tick("collection", "expire waiting submissions")
    assert outcomes(city, employer_no).count("EXPIRED") == 1


def test_staff_have_no_say_and_another_employer_sees_nothing(city: City) -> None:
    case = CASES["rates"]
    employer_no, stranger = case.ready(city), case.ready(city)
    number = send(city, case, employer_no, rates(city, employer_no), APPROVAL).registration_no
    request = approval_pb2.ApproveSubmissionRequest(waiting_no=number)
    with pytest.raises(Refused, match="SESSION_REQUIRED"):
        city.call("collection", request, approval_pb2.ApproveSubmissionResponse, by=STAFF)
    assert refusal(lambda: waiting(city, case, stranger, number)) == "SUBMISSION_UNKNOWN"
    assert refusal(lambda: asked(city, case, stranger, number)) == "BUSINESS_UNKNOWN"
