"""A policy counts for the months from its first day on, whenever a business for such a month is submitted."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from services.collection.domain import base_change, open_accounts, rate_change, transfer, unseal
from services.collection.domain.employer import RateLimits, Rates
from services.collection.domain.policy import Policies
from services.kit.money import Rounding
from services.kit.months import YearMonth
from tests.unit.collection.build import POLICY, account, employer, month, row, term

#: From April 2020 on the floor is 2000.00 and shares are whole yuan.
LATER = replace(POLICY, base_floor_fen=200_000, rounding=Rounding.YUAN)
POLICIES = Policies(((date(2000, 1, 1), POLICY), (date(2020, 4, 1), LATER)))

# 12 % and 10 % of 5004.20: 600.504 and 500.42.
BASE = 500_420
BASE_IN_FEN, BASE_IN_YUAN = 60_050 + 50_042, 60_100 + 50_000


@pytest.mark.parametrize(
    ("day", "policy"),
    [("199912", POLICY), ("202003", POLICY), ("202004", LATER), ("202104", LATER)],
)
def test_the_policy_of_a_month_is_that_of_its_first_day(day: str, policy: object) -> None:
    assert POLICIES.in_month(month(day)) is policy


def test_a_policy_that_begins_within_a_month_counts_from_the_next() -> None:
    policies = Policies(((date(2000, 1, 1), POLICY), (date(2020, 4, 2), LATER)))

    assert policies.in_month(month("202004")) is POLICY
    assert policies.in_month(month("202005")) is LATER


def opening(base: int, since: str) -> open_accounts.Admission:
    asked = row(
        name="张三",
        id_type="01",
        id_number="130702199003070014",
        mobile="13800001234",
        base=base,
        effective_month=month(since),
    )
    return open_accounts.admission_of(asked, employer=employer(), policies=POLICIES)


@pytest.mark.parametrize(("since", "monthly"), [("202003", BASE_IN_FEN), ("202004", BASE_IN_YUAN)])
def test_an_account_is_opened_under_the_policy_of_its_first_month(since: str, monthly: int) -> None:
    assert opening(BASE, since).term.monthly_fen == monthly


@pytest.mark.parametrize(("since", "refused"), [("202003", []), ("202004", ["BASE_BELOW_FLOOR"])])
def test_the_floor_of_the_effective_month_counts(since: str, refused: list[str]) -> None:
    asked = row(
        account_no="2070000000015", base=199_999, effective_month=month(since), unseal_kind="01"
    )
    sealed = account(status="02", last=term(active=False))

    found = unseal.faults_of_row(asked, sealed, employer=employer(), policies=POLICIES)

    assert [each.error.reason for each in found] == refused


@pytest.mark.parametrize(("since", "monthly"), [("202003", BASE_IN_FEN), ("202004", BASE_IN_YUAN)])
def test_an_account_is_unsealed_under_the_policy_of_its_month(since: str, monthly: int) -> None:
    asked = row(account_no="2070000000015", base=BASE, effective_month=month(since))
    sealed = account(status="02", last=term(active=False))

    resumed = unseal.resumed_term(asked, sealed, employer=employer(), policies=POLICIES)

    assert resumed.monthly_fen == monthly


@pytest.mark.parametrize(
    ("paid_through", "refused"), [("202002", []), ("202003", ["BASE_BELOW_FLOOR"])]
)
def test_a_base_is_changed_under_the_policy_of_the_month_it_counts_from(
    paid_through: str, refused: list[str]
) -> None:
    found = base_change.faults_of_row(
        row(account_no="2070000000015", base=199_999),
        account(),
        employer=employer(paid_through=paid_through),
        policies=POLICIES,
        known={"2070000000015": [term()]},
    )

    assert [each.error.reason for each in found] == refused


def test_terms_on_both_sides_of_a_new_policy_follow_their_own() -> None:
    known = [term(500_000), term(500_000, since="202004")]

    changed = base_change.changed_terms(
        BASE, known, employer=employer(paid_through="202002"), policies=POLICIES
    )

    assert [each.monthly_fen for each in changed] == [BASE_IN_FEN, BASE_IN_YUAN]


def test_people_are_moved_to_new_limits_under_the_policy_of_the_month() -> None:
    limits = Rates(YearMonth(2020, 4), RateLimits(11, 11), RateLimits(10, 10))

    (moved,) = rate_change.terms_within([term(BASE)], limits=limits, policies=POLICIES)

    # 11 % of 5004.20 is 550.462.
    assert (moved.employer_share_fen, moved.employee_share_fen) == (55_000, 50_000)


def test_who_joins_another_employer_follows_the_policy_of_the_first_month_there() -> None:
    target = employer(paid_through="202003")

    joined = transfer.joined_term(account(last=term(BASE)), target, policies=POLICIES)

    assert joined.monthly_fen == BASE_IN_YUAN
