"""缴存比例调整 (manual §5.6): the example 12/10 → 10/10, and who is moved."""

from __future__ import annotations

from services.collection.domain.employer import RateLimits, Rates, faults_of_rates
from services.collection.domain.rate_change import (
    faults_of_monthly,
    terms_within,
    with_later_limits,
)
from tests.unit.collection.build import POLICIES, POLICY, month, term

TEN = Rates(month("202001"), RateLimits(10, 10), RateLimits(10, 10))


def test_a_person_outside_the_new_limits_is_moved_to_the_nearest() -> None:
    moved = terms_within([term(500_000)], limits=TEN, policies=POLICIES)

    assert [(str(each.from_month), each.monthly_fen) for each in moved] == [("202001", 100_000)]


def test_a_person_within_the_new_limits_stays() -> None:
    within = term(500_000, rates=(10, 10))

    assert terms_within([within], limits=TEN, policies=POLICIES) == []


def test_a_later_term_is_moved_in_its_own_month() -> None:
    later = term(600_000, since="202004")

    moved = terms_within([term(500_000), later], limits=TEN, policies=POLICIES)

    assert [(str(each.from_month), each.monthly_fen) for each in moved] == [
        ("202001", 100_000),
        ("202004", 120_000),
    ]


def test_a_sealed_person_is_left_alone() -> None:
    assert terms_within([term(active=False)], limits=TEN, policies=POLICIES) == []


def test_limits_outside_policy_are_rejected() -> None:
    faults = faults_of_rates(RateLimits(4, 12), policy=POLICY, field="limits")

    assert [each.reason for each in faults] == ["RATE_OUTSIDE_POLICY"]


def test_a_lower_limit_above_the_upper_is_rejected() -> None:
    faults = faults_of_rates(RateLimits(11, 10), policy=POLICY, field="limits")

    assert [each.reason for each in faults] == ["RATE_OUTSIDE_POLICY"]


def test_somebody_who_comes_before_a_later_limit_is_moved_in_its_month() -> None:
    terms = with_later_limits(term(500_000, since="201912"), limits=[TEN], policies=POLICIES)

    assert [(str(each.from_month), each.monthly_fen) for each in terms] == [
        ("201912", 110_000),
        ("202001", 100_000),
    ]


def test_nobodys_monthly_is_brought_outside_policy() -> None:
    """1500.00 at 5 % + 4 % is 135.00, less than 150.00; 1666.67 comes to 150.00."""
    moved = [
        ("B", term(150_000, rates=(5, 4))),
        ("A", term(149_900, rates=(5, 4))),
        ("A", term(149_900, rates=(5, 4), since="202002")),
        ("C", term(166_667, rates=(5, 4))),
    ]

    [fault] = faults_of_monthly(moved, policies=POLICIES)

    assert (fault.path, fault.reason) == ("limits", "MONTHLY_OF_PEOPLE_OUTSIDE")
    assert fault.zh == (
        "按此比例有 2 人的月缴存额不在 150.00 元至 6000.00 元之间（A、B），请先调整其缴存基数"
    )


def test_a_monthly_at_the_floor_and_at_the_ceiling_is_within_policy() -> None:
    moved = [("A", term(150_000, rates=(5, 5))), ("B", term(2_500_000, rates=(12, 12)))]

    assert list(faults_of_monthly(moved, policies=POLICIES)) == []
