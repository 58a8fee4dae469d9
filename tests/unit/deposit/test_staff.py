"""What staff may type and when: the year and rate of the interest, why a business is taken back, when one is given up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from services.deposit.domain.give_up import check_time
from services.deposit.domain.interest import check_fund_year, check_rate
from services.deposit.domain.staff_reason import reason_of
from services.kit.errors import DomainError

SUBMITTED = datetime(2019, 9, 20, 4, tzinfo=UTC)


@pytest.mark.parametrize("year", [1991, 2100, 0, -1])
def test_a_fund_year_that_no_fund_had_is_refused(year: int) -> None:
    with pytest.raises(DomainError) as refused:
        check_fund_year(year)

    assert [each.path for each in refused.value.fields] == ["fund_year"]


@pytest.mark.parametrize("rate_bp", [-1, 1_001])
def test_a_rate_that_is_a_slip_of_the_keyboard_is_refused(rate_bp: int) -> None:
    with pytest.raises(DomainError) as refused:
        check_rate(rate_bp)

    assert [each.path for each in refused.value.fields] == ["rate_bp"]


def test_the_first_and_last_year_and_rate_are_taken() -> None:
    for year, rate_bp in ((1992, 0), (2099, 1_000)):
        check_fund_year(year)
        check_rate(rate_bp)


@pytest.mark.parametrize(
    ("typed", "reason"),
    [(" \u3000", "FIELD_REQUIRED"), ("改" * 201, "FIELD_INVALID"), ("误\n改", "FIELD_INVALID")],
)
def test_a_reason_that_no_paper_can_carry_is_refused(typed: str, reason: str) -> None:
    with pytest.raises(DomainError) as refused:
        reason_of(typed)

    assert refused.value.reason.code == reason


def test_a_reason_is_kept_without_the_space_around_it() -> None:
    assert reason_of(" 误操作\n") == "误操作"


def test_a_business_is_given_up_after_ten_minutes() -> None:
    check_time(submitted_at=SUBMITTED, now=SUBMITTED + timedelta(minutes=10))
    with pytest.raises(DomainError) as refused:
        check_time(submitted_at=SUBMITTED, now=SUBMITTED + timedelta(minutes=9, seconds=59))

    # 12:10 in China.
    assert "2019-09-20 12:10" in refused.value.zh
