"""Approvals under way together, on a bus that repeats and in processes that die: posted once, or not at all."""

from __future__ import annotations

import random

import pytest
from hpf.common.v1 import approval_pb2
from hpf.deposit.v1 import deposit_events_pb2 as deposit_events

from services.kit.ids import new_id
from tests.system.at_once import WON, at_once
from tests.system.city import City
from tests.system.keys import Key
from tests.system.people import check_books
from tests.system.submissions import APPROVAL, APPROVER, CASES, HANDLER, approve, outcomes, send

SECOND = Key("second approver", "approver")


def waiting_remittance(city: City) -> tuple[str, str]:
    """An employer, and the number under which its remittance of three months waits."""
    case = CASES["remittance"]
    employer_no = case.ready(city)
    request = case.request(city, employer_no)
    return employer_no, send(city, case, employer_no, request, APPROVAL).registration_no


def approving(city: City, employer_no: str, waiting_no: str, *, key: Key) -> None:
    request = approval_pb2.ApproveSubmissionRequest(request_id=new_id(), waiting_no=waiting_no)
    who = key.principal(employer_no, APPROVAL)
    city.call("deposit", request, approval_pb2.ApproveSubmissionResponse, by=who)


def test_two_approvers_at_once_post_one(city: City) -> None:
    employer_no, number = waiting_remittance(city)

    ends = at_once(
        lambda: approving(city, employer_no, number, key=APPROVER),
        lambda: approving(city, employer_no, number, key=SECOND),
    )

    city.settle()
    assert ends == ["SUBMISSION_DECIDED", WON]
    assert len(city.events_of(deposit_events.RemittancePosted, employer_no)) == 1


def test_an_approval_and_a_withdrawal_at_once_end_one_way(city: City) -> None:
    employer_no, number = waiting_remittance(city)
    withdrawal = approval_pb2.WithdrawSubmissionRequest(request_id=new_id(), waiting_no=number)

    ends = at_once(
        lambda: approving(city, employer_no, number, key=APPROVER),
        lambda: city.call(
            "deposit",
            withdrawal,
            approval_pb2.WithdrawSubmissionResponse,
            by=HANDLER.principal(employer_no, APPROVAL),
        ),
    )

    city.settle()
    assert ends == ["SUBMISSION_DECIDED", WON]
    posted = len(city.events_of(deposit_events.RemittancePosted, employer_no))
    assert posted == outcomes(city, employer_no).count("APPROVED")
    assert posted + outcomes(city, employer_no).count("WITHDRAWN") == 1


@pytest.mark.parametrize("seed", range(3))
def test_processes_that_die_post_an_approved_submission_once(city: City, seed: int) -> None:
    case = CASES["remittance"]
    employer_no = case.ready(city)
    city.faults.random = random.Random(seed)
    city.faults.twice = 0.5
    city.faults.dies_before_commit = city.faults.dies_after_commit = 0.25

    request = case.request(city, employer_no)
    number = send(city, case, employer_no, request, APPROVAL).registration_no
    approve(city, case, employer_no, number)

    city.faults.dies_before_commit = city.faults.dies_after_commit = 0
    city.settle()
    (event,) = city.events_of(deposit_events.RemittancePosted, employer_no)
    # (5000.00 + 16317.00) × 22 % = 4689.74 for each of three months.
    assert event.amount_fen == 3 * 468_974
    assert outcomes(city, employer_no)[-2:] == ["WAITING", "APPROVED"]
    assert check_books(city).clean
