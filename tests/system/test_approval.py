"""Every method that submits where approval is wanted: it waits, is approved or not, and nothing is posted otherwise."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

import pytest
from hpf.collection.v1 import collection_events_pb2 as collection_events
from hpf.collection.v1 import collection_service_pb2 as collection
from hpf.common.v1 import approval_pb2, business_pb2, submission_pb2
from hpf.deposit.v1 import deposit_events_pb2 as deposit_events
from hpf.deposit.v1 import deposit_service_pb2 as deposit

from services.kit.errors import reason_of
from services.kit.ids import new_id
from services.kit.submissions import rules
from tests.system.city import City
from tests.system.deposit_city import suspense_of
from tests.system.keys import seen_list
from tests.system.lists import type_rows
from tests.system.people import check_books, open_accounts, outcome
from tests.system.submissions import (
    APPROVAL,
    APPROVER,
    CASES,
    HANDLER,
    POSTED,
    REJECTED,
    SIGNED,
    WAITING,
    Case,
    approve,
    asked,
    each_case,
    new_person,
    outcomes,
    posted,
    rates,
    refusal,
    reject,
    send,
    sign,
    waiting,
)


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
            type_rows(city, employer_no, "open_accounts", [new_person()])
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


def test_no_more_than_so_many_wait(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "WAITING_MAX", 2)
    case = CASES["rates"]
    employer_no = case.ready(city)
    numbers = [
        send(city, case, employer_no, case.request(city, employer_no), APPROVAL).registration_no
        for _ in range(2)
    ]

    one_more = case.request(city, employer_no)
    assert (
        refusal(lambda: send(city, case, employer_no, one_more, APPROVAL))
        == "WAITING_LIMIT_REACHED"
    )

    reject(city, case, employer_no, numbers[0], "重复")
    send(city, case, employer_no, case.request(city, employer_no), APPROVAL)


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
    rows = [new_person(base="5000.00")]
    type_rows(city, employer_no, "open_accounts", rows)
    request = business_pb2.SubmitWorksheetRequest(business="open_accounts")
    number = send(city, case, employer_no, request, APPROVAL).registration_no
    type_rows(city, employer_no, "open_accounts", [{**rows[0], "base": "50000.00"}])

    assert refusal(lambda: approve(city, case, employer_no, number)) == "SUBMISSION_CONTENT_CHANGED"
    assert posted(city, case, employer_no) == []

    type_rows(city, employer_no, "open_accounts", rows)
    assert approve(city, case, employer_no, number).headcount == 1


@each_case
def test_an_operation_names_who_submitted_and_who_approved(city: City, case: Case) -> None:
    employer_no = case.ready(city)
    number = send(city, case, employer_no, case.request(city, employer_no), APPROVAL)
    posted_as = approve(city, case, employer_no, number.registration_no).registration_no

    newest, *_ = city.call(
        case.owner,
        collection.ListOperationsRequest(),
        collection.ListOperationsResponse,
        by=HANDLER.principal(employer_no, APPROVAL),
    ).operations

    assert newest.business.registration_no == posted_as
    assert (newest.certificate, newest.approved_certificate) == ("CN=handler#1", "CN=approver#1")


def test_what_changed_meanwhile_is_refused_by_the_businesses_own_rules(city: City) -> None:
    case = CASES["rates"]
    employer_no = case.ready(city)
    number = send(city, case, employer_no, rates(city, employer_no), APPROVAL).registration_no
    send(city, case, employer_no, rates(city, employer_no))

    assert refusal(lambda: approve(city, case, employer_no, number)) == "RATES_UNCHANGED"

    assert len(posted(city, case, employer_no)) == 1
    assert asked(city, case, employer_no, number).state == WAITING


def test_a_remittance_to_approve_states_what_it_comes_to(city: City) -> None:
    case = CASES["remittance"]
    employer_no = case.ready(city)
    unstated = deposit.SubmitRemittanceRequest(to_month=201909, expected_headcount=2)

    assert refusal(lambda: send(city, case, employer_no, unstated, APPROVAL)) == "DUE_NOT_STATED"
    request = case.request(city, employer_no)
    number = send(city, case, employer_no, request, APPROVAL).registration_no

    shown = waiting(city, case, employer_no, number).submission
    assert (shown.headcount, shown.amount_fen) == (2, 1_406_922)


def test_a_remittance_that_has_come_to_something_else_since_is_approved_for_nothing(
    city: City,
) -> None:
    case = CASES["remittance"]
    employer_no = case.ready(city)
    request = case.request(city, employer_no)
    number = send(city, case, employer_no, request, APPROVAL).registration_no
    open_accounts(city, employer_no, [new_person()])
    city.settle()

    approved = approve(city, case, employer_no, number)

    found = outcome(city, employer_no, approved.registration_no)
    assert reason_of(found.rejection) == "DUE_CHANGED"
    assert suspense_of(city, employer_no) == 10_000_000


def test_errors_of_rows_are_told_when_submitting_and_nothing_waits(city: City) -> None:
    case = CASES["open_accounts"]
    employer_no = case.ready(city)
    type_rows(city, employer_no, "open_accounts", [{**new_person(), "base": "1.00"}])
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
