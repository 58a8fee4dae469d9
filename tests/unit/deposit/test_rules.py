"""Pure rules of money: suspense, closing, reversal, the chart's entries."""

from __future__ import annotations

from datetime import date

import pytest

from services.deposit.domain import chart, closing, reversal, suspense
from services.deposit.domain.reversal import Dependents
from services.kit.errors import DomainError

NOTHING = Dependents(left=(), spent=(), paid_interest=(), back_paid=())


def reasons_of(refusal: DomainError | None) -> list[str]:
    assert refusal is not None
    return [each.reason for each in refusal.fields]


def test_due_up_to_the_suspense_is_payable() -> None:
    assert suspense.shortage(due_fen=100, suspense_fen=100) is None


def test_due_above_the_suspense_is_refused_with_both_figures() -> None:
    refusal = suspense.shortage(due_fen=32_242_122, suspense_fen=32_242_121)

    assert refusal is not None
    assert refusal.zh == "应缴金额 322421.22 元大于暂存款可用余额 322421.21 元，请先缴款"


def test_an_employer_without_money_may_close() -> None:
    assert closing.refusal(balance_fen=0, suspense_fen=0, pending_registration_no=None) is None


def test_closing_names_every_unmet_condition() -> None:
    refusal = closing.refusal(balance_fen=1, suspense_fen=250, pending_registration_no="2019")

    assert reasons_of(refusal) == ["BALANCE_LEFT", "SUSPENSE_LEFT", "BUSINESS_PENDING"]
    assert refusal is not None
    assert refusal.zh == (
        "单位不满足注销条件：职工个人账户余额合计 0.01 元，尚未清零；"
        "单位暂存款余额 2.50 元，尚未清零；有业务尚未办结（登记号 2019）"
    )


@pytest.mark.parametrize(
    "legs",
    [
        chart.bank_payment("e", 7),
        chart.unallocated_payment(7),
        chart.allocation("e", 7),
        chart.credit_people("e", 7),
        chart.transfer("e", "f", 7),
        chart.interest("e", 7),
        chart.mirrored(chart.credit_people("e", 7)),
    ],
)
def test_the_legs_of_every_business_sum_to_zero(legs: tuple[chart.Leg, ...]) -> None:
    assert sum(leg.amount_fen for leg in legs) == 0
    assert {leg.account_code for leg in legs} <= chart.TITLES.keys()


def test_a_mirror_takes_each_leg_back() -> None:
    assert chart.mirrored(chart.credit_people("e", 7)) == (
        chart.Leg("2001", "e", -7),
        chart.Leg("2002", "e", 7),
    )


def test_a_reversal_is_of_the_same_day_or_later() -> None:
    day = date(2019, 9, 20)

    assert reversal.transaction_type(posted_on=day, today=day) == "7"
    assert reversal.transaction_type(posted_on=day, today=date(2019, 9, 21)) == "8"


def test_the_last_remittance_goes_back_when_nobody_depends_on_it() -> None:
    assert reversal.refusal_of_credit(NOTHING, to_month=201909, last_month=201909) is None


def test_a_remittance_with_later_ones_stays() -> None:
    refusal = reversal.refusal_of_credit(NOTHING, to_month=201908, last_month=201909)

    assert reasons_of(refusal) == ["LATER_REMITTANCE"]


def test_everything_that_depends_on_a_business_is_named() -> None:
    dependents = Dependents(
        left=["1"], spent=["2"], paid_interest=["3"], back_paid=["4", "5", "6", "7", "8", "9"]
    )

    refusal = reversal.refusal_of_credit(dependents)

    assert reasons_of(refusal) == [
        "PEOPLE_LEFT",
        "BALANCE_SPENT",
        "INTEREST_SINCE",
        "LATER_BACK_PAYMENT",
    ]
    assert refusal is not None
    assert "已为 6 人补缴过这些月份（4、5、6、7、8 等）" in refusal.zh


def test_a_payment_goes_back_while_suspense_holds_it() -> None:
    assert reversal.refusal_of_payment(amount_fen=5, suspense_fen=5) is None
    assert reasons_of(reversal.refusal_of_payment(amount_fen=5, suspense_fen=4)) == [
        "SUSPENSE_SPENT"
    ]
