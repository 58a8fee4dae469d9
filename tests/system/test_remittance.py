"""汇缴 (manual §6.1) through both services, with figures worked out by hand."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hpf.collection.v1 import collection_events_pb2 as coll_events
from hpf.collection.v1 import collection_service_pb2 as collection
from hpf.common.v1 import business_pb2
from hpf.deposit.v1 import deposit_events_pb2 as events
from hpf.deposit.v1 import deposit_service_pb2 as deposit

from services.kit.errors import reason_of
from tests.system.city import City, Refused
from tests.system.deposit_city import employer_with, move_clock, suspense_of, transfer
from tests.system.lists import due, submit_rows
from tests.system.people import (
    agent_of,
    check_books,
    open_accounts,
    pay_in,
    person,
    preview,
    register,
    remit,
)

POSTED = business_pb2.BUSINESS_STATE_POSTED
REJECTED = business_pb2.BUSINESS_STATE_REJECTED

_next_number = iter(range(100, 10_000))


def employer_with_two_people(city: City) -> str:
    """16317.00 at 12 % + 10 % is 3589.74 a month, 5000.00 is 1100.00: together 4689.74."""
    number = next(_next_number)
    employer_no = register(city, number)
    rows = [person(number * 10, base="16317.00"), person(number * 10 + 1, base="5000.00")]
    business = open_accounts(city, employer_no, rows)
    assert business.headcount == 2
    assert business.amount_fen == 468_974
    city.settle()
    return employer_no


def test_three_months_are_posted_at_once(city: City) -> None:
    employer_no = employer_with_two_people(city)
    pay_in(city, employer_no, 2_000_000)

    business = remit(city, employer_no, 201909)

    assert business.state == POSTED
    assert business.headcount == 2
    assert business.amount_fen == 1_406_922  # 3 × 4689.74
    assert check_books(city).clean


def test_the_operations_of_deposit_tell_who_moved_money_with_which_certificate(city: City) -> None:
    employer_no = employer_with_two_people(city)
    paid = pay_in(city, employer_no, 2_000_000)
    agent = replace(agent_of(employer_no), certificate="CN=handler#1")
    asked = deposit.SubmitRemittanceRequest(to_month=201909)
    remitted = city.call("deposit", asked, deposit.SubmitRemittanceResponse, by=agent).business
    city.settle()

    def operations(of: str) -> list[collection.Operation]:
        request = collection.ListOperationsRequest()
        reply = collection.ListOperationsResponse
        return list(city.call("deposit", request, reply, by=agent_of(of)).operations)

    newest, oldest = operations(employer_no)
    assert newest.business.registration_no == remitted.registration_no
    assert newest.business.state == POSTED
    assert newest.business.amount_fen == 1_406_922
    assert (newest.submitted_by, newest.certificate) == ("employer", "CN=handler#1")
    assert newest.request_ref
    assert oldest.business.registration_no == paid.registration_no
    assert (oldest.submitted_by, oldest.certificate) == ("staff", "")
    assert operations(register(city, next(_next_number))) == []


def test_the_preview_shows_each_month_and_what_is_posted_is_what_was_shown(city: City) -> None:
    """Somebody joins in September: 4689.74 in July and August, 1100.00 more for September."""
    employer_no = employer_with_two_people(city)
    newcomer = person(next(_next_number) * 10 + 2, base="5000.00", month="201909")
    open_accounts(city, employer_no, [newcomer])
    city.settle()
    pay_in(city, employer_no, 2_000_000)

    shown = due(city, employer_no, 201909)
    remit(city, employer_no, 201907)
    business = remit(city, employer_no, 201909)

    assert [(each.month, each.headcount, each.amount_fen) for each in shown.months] == [
        (201907, 2, 468_974),
        (201908, 2, 468_974),
        (201909, 3, 578_974),
    ]
    assert (shown.from_month, shown.to_month) == (201907, 201909)
    assert (shown.headcount, shown.amount_fen) == (3, 1_516_922)
    posted = city.last_event(events.RemittancePosted, employer_no)
    assert (business.headcount, business.amount_fen) == (3, 1_047_948)
    assert (posted.from_month, posted.to_month, posted.amount_fen) == (201908, 201909, 1_047_948)
    assert (posted.last_month, posted.last_headcount, posted.last_amount_fen) == (
        201907,
        2,
        468_974,
    )
    assert (posted.last_month_headcount, posted.last_month_amount_fen) == (3, 578_974)
    # 20000.00 came in; 4689.74 and 10479.48 went out.
    assert (posted.suspense_out_fen, posted.suspense_in_fen) == (1_047_948, 0)
    assert posted.suspense_after_fen == 2_000_000 - 468_974 - 1_047_948
    assert (posted.statement.amount_fen, posted.statement.balance_after_fen) == (
        1_047_948,
        1_516_922,
    )


def test_due_above_suspense_is_refused_with_both_figures_and_frees_the_employer(city: City) -> None:
    employer_no = employer_with_two_people(city)
    pay_in(city, employer_no, 468_973)

    refused = remit(city, employer_no, 201907)
    pay_in(city, employer_no, 1)
    accepted = remit(city, employer_no, 201907)

    assert refused.state == REJECTED
    assert reason_of(refused.rejection) == "INSUFFICIENT_SUSPENSE"
    assert "4689.74" in refused.rejection.message
    assert "4689.73" in refused.rejection.message
    assert accepted.state == POSTED


def test_a_month_is_not_remitted_twice(city: City) -> None:
    employer_no = employer_with_two_people(city)
    pay_in(city, employer_no, 2_000_000)
    remit(city, employer_no, 201908)

    again = remit(city, employer_no, 201908)

    assert again.state == REJECTED
    assert reason_of(again.rejection) == "MONTHS_PAID"


def test_future_months_are_refused(city: City) -> None:
    employer_no = employer_with_two_people(city)
    pay_in(city, employer_no, 10_000_000)

    business = remit(city, employer_no, 201910)

    assert reason_of(business.rejection) == "MONTH_IN_FUTURE"


def test_a_second_remittance_waits_for_the_first(city: City) -> None:
    from hpf.deposit.v1 import deposit_service_pb2 as deposit

    from tests.system.people import agent_of

    employer_no = employer_with_two_people(city)
    pay_in(city, employer_no, 2_000_000)
    agent = agent_of(employer_no)
    request = deposit.SubmitRemittanceRequest(to_month=201907)
    city.call("deposit", request, deposit.SubmitRemittanceResponse, by=agent)

    second = deposit.SubmitRemittanceRequest(to_month=201908)
    with pytest.raises(Refused) as refused:
        city.call("deposit", second, deposit.SubmitRemittanceResponse, by=agent)

    assert refused.value.reason == "EMPLOYER_BUSY"
    city.settle()


@pytest.mark.parametrize("seed", range(6))
def test_deaths_and_double_deliveries_post_once(city: City, seed: int) -> None:
    employer_no = employer_with_two_people(city)
    city.faults.random = random.Random(seed)
    city.faults.twice = 0.5
    city.faults.dies_before_commit = 0.25
    city.faults.dies_after_commit = 0.25
    pay_in(city, employer_no, 2_000_000, reference=f"ref-{employer_no}")

    business = remit(city, employer_no, 201908)
    later = remit(city, employer_no, 201909)

    city.faults.dies_before_commit = city.faults.dies_after_commit = 0
    assert (business.state, later.state) == (POSTED, POSTED)
    assert business.amount_fen == 937_948
    assert later.amount_fen == 468_974
    assert check_books(city).clean


def test_what_was_confirmed_is_paid_or_nothing_is(city: City) -> None:
    """Another employer sends its people here between the preview and the submission."""
    payer, _ = employer_with(city, "5000.00")
    other, people = employer_with(city, "20000.00", "20000.00")
    pay_in(city, payer, 10_000_000)
    seen = preview(city, payer, 201907)
    assert (seen.amount_fen, seen.headcount) == (110_000, 1)
    transfer(city, other, payer, people)

    refused = remit(city, payer, 201907, due=seen)

    assert reason_of(refused.rejection) == "DUE_CHANGED"
    # 5000.00 and twice 20000.00 at 22 %: 1100.00 + 2 × 4400.00
    assert "9900.00 for 3 people, confirmed were 1100.00 for 1" in refused.rejection.message
    assert suspense_of(city, payer) == 10_000_000
    accepted = remit(city, payer, 201907, due=preview(city, payer, 201907))
    assert (accepted.state, accepted.amount_fen, accepted.headcount) == (POSTED, 990_000, 3)


@pytest.mark.parametrize("stated", [(468_973, 2), (468_975, 2), (468_974, 1), (468_974, 3)])
def test_each_stated_figure_has_to_be_right(city: City, stated: tuple[int, int]) -> None:
    employer_no = employer_with_two_people(city)
    pay_in(city, employer_no, 468_974)
    due = collection.PreviewRemittanceResponse(amount_fen=stated[0], headcount=stated[1])

    refused = remit(city, employer_no, 201907, due=due)

    assert reason_of(refused.rejection) == "DUE_CHANGED"
    assert remit(city, employer_no, 201907).state == POSTED


def test_months_that_come_to_nothing_are_refused_and_hold_nobody_up(own_city: City) -> None:
    """9.00 at 5 % + 5 %, in whole yuan, is 0.45 and 0.45: nothing. Whoever is transferred brings such a base along."""
    city = own_city
    policies = city.call(
        "collection", collection.ListPoliciesRequest(), collection.ListPoliciesResponse
    ).policies
    row = policies[0]
    row.valid_from, row.rounding_fen = "2019-10-01", 100
    row.base_floor_fen = row.monthly_floor_fen = 1
    city.call("collection", collection.SetPolicyRequest(policy=row), collection.SetPolicyResponse)
    move_clock(city, 2019, 10, 8)
    source, (one,) = employer_with(city, "9.00", first_month=201910)
    target, _ = employer_with(city, first_month=201910)
    five = {"employer_rate_min": 5, "employer_rate_max": 5}
    limits = coll_events.RateLimits(**five, employee_rate_min=5, employee_rate_max=5)
    request = collection.ChangeRatesRequest(limits=limits, effective_month=201910)
    city.call("collection", request, collection.ChangeRatesResponse, by=agent_of(target))
    transfer(city, source, target, [one])
    pay_in(city, target, 1_000)

    with pytest.raises(Refused) as refused:
        due(city, target, 201910)
    business = remit(city, target, 201910)

    assert refused.value.reason == "DUE_IS_ZERO"
    assert (business.state, reason_of(business.rejection)) == (REJECTED, "DUE_IS_ZERO")
    # Nobody is held up: 20.00 at 5 % + 5 % is 1.00 + 1.00 and is paid.
    submit_rows(city, target, "base_change", [{"account_no": one, "base": "20.00"}])
    assert remit(city, target, 201910).amount_fen == 200
    assert check_books(city).clean
