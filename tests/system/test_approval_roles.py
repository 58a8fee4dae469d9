"""Who may submit, approve, reject and withdraw, and what is noted of those who may not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from google.protobuf.message_factory import GetMessageClass
from hpf.common.v1 import approval_pb2, options_pb2

from services.kit.ids import new_id
from services.kit.registry import app_of
from tests.system.city import STAFF, City, Refused
from tests.system.keys import Key
from tests.system.submissions import (
    APPROVAL,
    APPROVER,
    CASES,
    HANDLER,
    SIGNED,
    WAITING,
    approve,
    asked,
    noted,
    posted,
    rates,
    refusal,
    send,
    sign,
    waiting,
)


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


#: What changes something and is anybody's whose session it is.
FOR_BOTH: set[str] = set()


def test_every_method_refuses_a_session_of_the_other_role(city: City) -> None:
    # Before anything else is looked at: the requests are empty.
    employer_no = CASES["rates"].ready(city)
    for owner in ("collection", "deposit"):
        for name, method in app_of(owner).methods.items():
            request = method.request_class()
            options = method.descriptor.GetOptions().Extensions
            if name in ("ApproveSubmission", "RejectSubmission"):
                wrong, expected = HANDLER, "APPROVER_ONLY"
            elif name not in FOR_BOTH and (
                options[options_pb2.access] == options_pb2.ACCESS_EMPLOYER
                and options[options_pb2.effect] == options_pb2.EFFECT_CHANGES
            ):
                wrong, expected = APPROVER, "HANDLER_ONLY"
            else:
                continue
            if "business" in request.DESCRIPTOR.fields_by_name:
                request.business = "open_accounts" if owner == "collection" else "back_payment"
            reply = GetMessageClass(method.descriptor.output_type)
            who = wrong.principal(employer_no, APPROVAL)
            nobody = replace(who, roles=())
            for principal in (who, nobody):
                request.request_id = new_id()
                with pytest.raises(Refused) as refused:
                    city.call(owner, request, reply, by=principal)
                assert (name, refused.value.reason) == (name, expected)


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


def test_a_refused_approval_is_noted_under_its_number_and_under_no_made_up_one(city: City) -> None:
    case = CASES["rates"]
    employer_no = case.ready(city)
    number = send(
        city, case, employer_no, case.request(city, employer_no), APPROVAL
    ).registration_no
    again = Key("handler", "approver")

    assert refusal(lambda: approve(city, case, employer_no, "made up")) == "SUBMISSION_UNKNOWN"
    work = approval_pb2.ApproveSubmissionRequest(waiting_no=number)
    assert (
        refusal(lambda: send(city, case, employer_no, work, APPROVAL, key=again))
        == "APPROVER_IS_SUBMITTER"
    )

    told = [(each.reason, each.waiting_no) for each in noted(city, employer_no)[-2:]]
    assert told == [("SUBMISSION_UNKNOWN", ""), ("APPROVER_IS_SUBMITTER", number)]


def test_staff_have_no_say_and_another_employer_sees_nothing(city: City) -> None:
    case = CASES["rates"]
    employer_no, stranger = case.ready(city), case.ready(city)
    number = send(city, case, employer_no, rates(city, employer_no), APPROVAL).registration_no
    request = approval_pb2.ApproveSubmissionRequest(waiting_no=number)
    with pytest.raises(Refused, match="SESSION_REQUIRED"):
        city.call("collection", request, approval_pb2.ApproveSubmissionResponse, by=STAFF)
    assert refusal(lambda: waiting(city, case, stranger, number)) == "SUBMISSION_UNKNOWN"
    assert refusal(lambda: asked(city, case, stranger, number)) == "BUSINESS_UNKNOWN"
