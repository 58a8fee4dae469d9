"""Taking back a remittance as a saga: the roster is held, the money and the months go back, once."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from hpf.common.v1 import business_pb2
from hpf.deposit.v1 import deposit_events_pb2 as events
from hpf.deposit.v1 import deposit_service_pb2 as pb

from services.kit.errors import field_errors_of, reason_of
from tests.system.at_once import WON, at_once
from tests.system.city import City, Refused
from tests.system.deposit_city import (
    back_pay,
    back_payment_row,
    employer_with,
    find,
    move_clock,
    reverse,
    suspense_of,
)
from tests.system.lists import due, submit_rows
from tests.system.people import check_books, pay_in, remit

POSTED = business_pb2.BUSINESS_STATE_POSTED
REJECTED = business_pb2.BUSINESS_STATE_REJECTED


def conditions_of(refused: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [each.reason for each in field_errors_of(refused.value.status)]


def test_a_remittance_goes_back_with_its_months_and_can_be_made_again(city: City) -> None:
    employer_no, accounts = employer_with(city, "16317.00", "5000.00")
    pay_in(city, employer_no, 2_000_000)
    remit(city, employer_no, 201907)
    august = remit(city, employer_no, 201908)

    reversal = reverse(city, august.registration_no)

    assert (reversal.state, reversal.amount_fen, reversal.headcount) == (POSTED, 468_974, 2)
    told = city.last_event(events.BusinessReversed, employer_no)
    assert (told.reversed_registration_no, told.reversed_kind) == (august.registration_no, 10)
    assert (told.transaction_type, told.from_month, told.to_month) == ("7", 201908, 201908)
    assert (told.suspense_in_fen, told.suspense_out_fen) == (468_974, 0)
    assert told.suspense_after_fen == 2_000_000 - 468_974
    lines = city.last_event(events.LedgerLinesPosted, employer_no).lines
    assert {(line.account_no, line.debit_fen, line.balance_after_fen) for line in lines} == {
        (accounts[0], 358_974, 358_974),
        (accounts[1], 110_000, 110_000),
    }
    assert {line.paid_through_month for line in lines} == {201907}
    assert {line.transaction_type for line in lines} == {"7"}
    assert all(line.corrects_serial_no for line in lines)
    assert due(city, employer_no, 201909).from_month == 201908
    again = remit(city, employer_no, 201909)
    assert (again.state, again.amount_fen) == (POSTED, 937_948)
    posted = city.last_event(events.RemittancePosted, employer_no)
    assert (posted.last_month, posted.last_headcount, posted.last_amount_fen) == (
        201907,
        2,
        468_974,
    )
    assert check_books(city).clean


def test_the_first_remittance_goes_back_to_nothing_paid(city: City) -> None:
    employer_no, _ = employer_with(city, "5000.00")
    pay_in(city, employer_no, 330_000)
    business = remit(city, employer_no, 201909)
    move_clock(city, 2019, 9, 25)

    reverse(city, business.registration_no)

    told = city.last_event(events.BusinessReversed, employer_no)
    assert (told.transaction_type, told.money.balance_fen, told.money.suspense_fen) == (
        "8",
        0,
        330_000,
    )
    assert due(city, employer_no, 201909).from_month == 201907
    assert check_books(city).clean


def test_a_business_is_taken_back_once(city: City) -> None:
    employer_no, _ = employer_with(city, "5000.00")
    pay_in(city, employer_no, 330_000)
    business = remit(city, employer_no, 201907)
    reversal = reverse(city, business.registration_no)

    with pytest.raises(Refused) as again:
        reverse(city, business.registration_no)
    with pytest.raises(Refused) as of_itself:
        reverse(city, reversal.registration_no)

    assert (again.value.reason, of_itself.value.reason) == ("ALREADY_REVERSED", "NOT_REVERSIBLE")
    found = find(city, business.registration_no)
    assert found.reversed_by_registration_no == reversal.registration_no
    assert find(city, reversal.registration_no).reverses_registration_no == business.registration_no


def taking_back(city: City, registration_no: str) -> Callable[[], object]:
    """A request of its own each time it is run."""
    return lambda: city.call(
        "deposit",
        pb.ReverseBusinessRequest(registration_no=registration_no, reason="误操作"),
        pb.ReverseBusinessResponse,
    )


def test_of_reversals_at_once_one_is_made(city: City) -> None:
    """Of a back payment at once, of a remittance in steps; whoever comes second may try again or finds it done."""
    employer_no, (one,) = employer_with(city, "5000.00")
    pay_in(city, employer_no, 1_000_000)
    july = remit(city, employer_no, 201907)
    row = back_payment_row(one, "1", 201907, 201907)
    back_payment = back_pay(city, employer_no, [row], amount="1")

    for business in (back_payment, july):
        ends = at_once(*[taking_back(city, business.registration_no)] * 4)
        city.settle()

        assert ends.count(WON) == 1
        assert set(ends) - {WON} <= {"EMPLOYER_BUSY", "ALREADY_REVERSED"}
    assert suspense_of(city, employer_no) == 1_000_000
    assert check_books(city).clean


def test_a_reversal_that_collection_refuses_changes_nothing(city: City) -> None:
    """The transfer holds the roster when the question arrives."""
    employer_no, accounts = employer_with(city, "5000.00", "5000.00")
    target, _ = employer_with(city)
    pay_in(city, employer_no, 1_000_000)
    business = remit(city, employer_no, 201907)

    request = pb.ReverseBusinessRequest(registration_no=business.registration_no, reason="多缴")
    submit_rows(
        city,
        employer_no,
        "transfer",
        [{"account_no": accounts[0]}],
        header={"target_employer_no": target},
    )
    reply = city.call("deposit", request, pb.ReverseBusinessResponse)
    city.settle()

    found = find(city, reply.business.registration_no).business
    assert found.state == REJECTED
    assert reason_of(found.rejection) in {"EMPLOYER_BUSY", "REVERSAL_BLOCKED"}
    assert check_books(city).clean
    remit(city, employer_no, 201908)


@pytest.mark.parametrize("seed", range(4))
def test_deaths_and_double_deliveries_take_back_once(city: City, seed: int) -> None:
    employer_no, _ = employer_with(city, "5000.00")
    pay_in(city, employer_no, 330_000)
    business = remit(city, employer_no, 201909)
    city.faults.random = random.Random(seed)
    city.faults.twice = 0.5
    city.faults.dies_before_commit = city.faults.dies_after_commit = 0.25

    reversal = reverse(city, business.registration_no)
    again = remit(city, employer_no, 201908)

    city.faults.dies_before_commit = city.faults.dies_after_commit = 0
    assert (reversal.state, again.state) == (POSTED, POSTED)
    assert suspense_of(city, employer_no) == 110_000
    assert check_books(city).clean
