"""冲正 by staff through both services: new entries, and everything as it was before; refused when built upon."""

from __future__ import annotations

import pytest
from hpf.collection.v1 import collection_events_pb2 as collection
from hpf.common.v1 import business_pb2
from hpf.deposit.v1 import deposit_events_pb2 as events
from hpf.deposit.v1 import deposit_service_pb2 as pb

from services.kit.errors import field_errors_of, message_zh_of
from tests.system.city import City, Refused
from tests.system.deposit_city import (
    back_pay,
    back_payment_row,
    employer_with,
    move_clock,
    reverse,
    run_interest,
    suspense_of,
    transfer,
)
from tests.system.people import check_books, pay_in, remit

POSTED = business_pb2.BUSINESS_STATE_POSTED
REJECTED = business_pb2.BUSINESS_STATE_REJECTED


def conditions_of(refused: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [each.reason for each in field_errors_of(refused.value.status)]


def test_only_the_last_remittance_can_be_taken_back(city: City) -> None:
    employer_no, _ = employer_with(city, "5000.00")
    pay_in(city, employer_no, 330_000)
    july = remit(city, employer_no, 201907)
    remit(city, employer_no, 201908)

    with pytest.raises(Refused) as refused:
        reverse(city, july.registration_no)

    assert refused.value.reason == "REVERSAL_BLOCKED"
    assert conditions_of(refused) == ["LATER_REMITTANCE"]


def test_an_employer_without_a_remittance_is_opened_only_again(city: City) -> None:
    """02 开户 becomes 01 正常 with the first remittance; taken back, there is none."""
    employer_no, _ = employer_with(city, "5000.00")
    pay_in(city, employer_no, 330_000)
    states = []
    for _ in range(2):
        july = remit(city, employer_no, 201907)
        states.append(state_of(city, employer_no))
        august = remit(city, employer_no, 201908)
        for business in (august, july):
            reverse(city, business.registration_no)
            states.append(state_of(city, employer_no))

    assert states == [("01", 201907), ("01", 201907), ("02", 0)] * 2


def state_of(city: City, employer_no: str) -> tuple[str, int]:
    """What the last business told of the employer: its status and the month it is paid through."""
    told = city.last_event(collection.RosterReleased, employer_no).employer
    return told.status, told.paid_through_month


@pytest.mark.parametrize("reason", ["改" * 201, "有误\n另附说明", "\u202e误有"])
def test_a_reason_that_no_receipt_can_carry_is_refused(city: City, reason: str) -> None:
    request = pb.ReverseBusinessRequest(registration_no="2019092000000017", reason=reason)

    with pytest.raises(Refused) as refused:
        city.call("deposit", request, pb.ReverseBusinessResponse)

    assert conditions_of(refused) == ["FIELD_INVALID"]


def test_everything_that_depends_on_a_remittance_is_named(city: City) -> None:
    employer_no, (one, two) = employer_with(city, "5000.00", "5000.00")
    target, _ = employer_with(city)
    pay_in(city, employer_no, 1_000_000)
    july = remit(city, employer_no, 201907)
    back_pay(city, employer_no, [back_payment_row(one, "1", 201907, 201907)], amount="1")
    transfer(city, employer_no, target, [two])

    with pytest.raises(Refused) as refused:
        reverse(city, july.registration_no)

    assert conditions_of(refused) == ["PEOPLE_LEFT", "LATER_BACK_PAYMENT"]


def test_who_left_and_came_back_keeps_a_remittance_from_being_taken_back(city: City) -> None:
    """Their month would be due for nobody: their terms begin anew after it."""
    employer_no, (one, _) = employer_with(city, "5000.00", "6000.00")
    elsewhere, _ = employer_with(city)
    pay_in(city, employer_no, 1_000_000)
    july = remit(city, employer_no, 201907)
    transfer(city, employer_no, elsewhere, [one])
    transfer(city, elsewhere, employer_no, [one])

    with pytest.raises(Refused) as refused:
        reverse(city, july.registration_no)

    assert conditions_of(refused) == ["PEOPLE_LEFT"]
    assert one in message_zh_of(refused.value.status)


def test_a_back_payment_goes_back_when_its_people_have_come_back(city: City) -> None:
    """Its money went along and came back: 1100.00 remitted + 50.00, of which 50.00 return to the suspense."""
    employer_no, (one, two) = employer_with(city, "5000.00", "6000.00")
    elsewhere, _ = employer_with(city)
    pay_in(city, employer_no, 1_000_000)
    remit(city, employer_no, 201907)
    rows = [back_payment_row(each, "50.00", 201907, 201907) for each in (one, two)]
    business = back_pay(city, employer_no, rows, amount="100.00", people=2)
    transfer(city, employer_no, elsewhere, [two])

    with pytest.raises(Refused) as refused:
        reverse(city, business.registration_no)
    assert conditions_of(refused) == ["PEOPLE_LEFT"]
    assert two in message_zh_of(refused.value.status)
    transfer(city, elsewhere, employer_no, [two])

    assert reverse(city, business.registration_no).state == POSTED
    lines = city.last_event(events.LedgerLinesPosted, employer_no).lines
    assert {line.account_no: line.balance_after_fen for line in lines} == {
        one: 110_000,
        two: 132_000,
    }
    assert suspense_of(city, employer_no) == 1_000_000 - 242_000
    assert check_books(city).clean


def test_of_who_came_back_the_back_payment_goes_back_and_the_remittance_does_not(
    city: City,
) -> None:
    """A back payment moves no month, so terms that began anew do not matter to it."""
    employer_no, (one,) = employer_with(city, "5000.00")
    elsewhere, _ = employer_with(city)
    pay_in(city, employer_no, 1_000_000)
    july = remit(city, employer_no, 201907)
    row = back_payment_row(one, "50.00", 201907, 201907)
    back_payment = back_pay(city, employer_no, [row], amount="50.00")
    transfer(city, employer_no, elsewhere, [one])
    transfer(city, elsewhere, employer_no, [one])

    with pytest.raises(Refused) as refused:
        reverse(city, july.registration_no)

    assert conditions_of(refused) == ["PEOPLE_LEFT", "LATER_BACK_PAYMENT"]
    assert reverse(city, back_payment.registration_no).state == POSTED


def test_a_transfer_before_a_remittance_does_not_keep_it(city: City) -> None:
    elsewhere, (one,) = employer_with(city, "5000.00")
    employer_no, _ = employer_with(city)
    pay_in(city, employer_no, 1_000_000)
    transfer(city, elsewhere, employer_no, [one])
    july = remit(city, employer_no, 201907)

    assert reverse(city, july.registration_no).state == POSTED

    again = remit(city, employer_no, 201907)
    assert (again.headcount, again.amount_fen) == (1, 110_000)


def test_money_that_earned_interest_is_not_taken_back(own_city: City) -> None:
    employer_no, _ = employer_with(own_city, "5000.00")
    pay_in(own_city, employer_no, 330_000)
    business = remit(own_city, employer_no, 201909)
    move_clock(own_city, 2020, 7, 1)
    run_interest(own_city, 2020)

    with pytest.raises(Refused) as refused:
        reverse(own_city, business.registration_no)

    assert conditions_of(refused) == ["INTEREST_SINCE"]


def test_a_back_payment_goes_back_at_once(city: City) -> None:
    employer_no, (one, _) = employer_with(city, "5000.00", "5000.00")
    pay_in(city, employer_no, 1_000_000)
    remit(city, employer_no, 201908)
    rows = [
        back_payment_row(one, "100", 201907, 201907),
        back_payment_row(one, "50", 201908, 201908),
    ]
    business = back_pay(city, employer_no, rows, amount="150")

    reversal = reverse(city, business.registration_no)

    assert (reversal.state, reversal.amount_fen) == (POSTED, 15_000)
    lines = city.last_event(events.LedgerLinesPosted, employer_no).lines
    assert [(line.debit_fen, line.balance_after_fen) for line in lines] == [
        (5_000, 230_000),
        (10_000, 220_000),
    ]
    assert suspense_of(city, employer_no) == 1_000_000 - 440_000
    assert check_books(city).clean


def test_a_payment_goes_back_while_its_money_is_in_suspense(city: City) -> None:
    employer_no, _ = employer_with(city, "5000.00")
    payment = pay_in(city, employer_no, 110_000)

    reverse(city, payment.registration_no)

    assert suspense_of(city, employer_no) == 0
    told = city.last_event(events.BusinessReversed, employer_no)
    assert (told.suspense_out_fen, told.statement.transaction_type) == (110_000, "7")
    assert check_books(city).clean


def test_a_payment_that_is_used_is_not_taken_back(city: City) -> None:
    employer_no, _ = employer_with(city, "5000.00")
    payment = pay_in(city, employer_no, 110_000)
    remit(city, employer_no, 201907)

    with pytest.raises(Refused) as refused:
        reverse(city, payment.registration_no)

    assert conditions_of(refused) == ["SUSPENSE_SPENT"]
