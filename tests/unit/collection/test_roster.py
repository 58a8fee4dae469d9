"""What is due for a run of months (manual §6.1), worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.collection.domain.roster import DueLines, months_to_remit, roster_of
from services.kit.errors import DomainError
from tests.unit.collection.build import POLICY, employer, month


def due(*lines: tuple[str, int, int, int]) -> DueLines:
    """Lines of `(account_no, from_month, to_month, share_fen)`, both shares alike."""
    return DueLines(
        *zip(*((who, first, last, fen, fen, 1_000) for who, first, last, fen in lines), strict=True)
    )


def test_months_follow_paid_through_without_a_gap() -> None:
    found = months_to_remit(employer(), month("202003"), current=month("202003"), policy=POLICY)

    assert [str(each) for each in found] == ["202001", "202002", "202003"]


def test_the_first_remittance_begins_with_the_first_contribution_month() -> None:
    new = employer(paid_through=None, first_month="201911")

    found = months_to_remit(new, month("201912"), current=month("201912"), policy=POLICY)

    assert [str(each) for each in found] == ["201911", "201912"]


@pytest.mark.parametrize(
    ("to_month", "status", "reason"),
    [
        ("201912", "01", "MONTHS_PAID"),
        ("202004", "01", "MONTH_IN_FUTURE"),
        ("202001", "04", "EMPLOYER_CLOSED"),
    ],
)
def test_months_that_may_not_be_remitted(to_month: str, status: str, reason: str) -> None:
    with pytest.raises(DomainError) as refused:
        months_to_remit(
            employer(status=status), month(to_month), current=month("202003"), policy=POLICY
        )

    assert refused.value.reason.code == reason


FUTURE = replace(POLICY, future_months_allowed=True)


def test_one_remittance_has_sixty_months_at_most() -> None:
    """Paid through December 2019: January 2020 to December 2024 are sixty months."""
    found = months_to_remit(employer(), month("202412"), current=month("202001"), policy=FUTURE)
    assert (len(found), str(found[-1])) == (60, "202412")

    for too_far in ("202501", "209912"):
        with pytest.raises(DomainError) as refused:
            months_to_remit(employer(), month(too_far), current=month("202001"), policy=FUTURE)
        assert refused.value.reason.code == "TOO_MANY_MONTHS"


def test_every_month_of_a_line_counts_once() -> None:
    """A pays 200 in January and February and 400 in March: 800 in all, of one person."""
    months = [month("202001"), month("202002"), month("202003")]
    lines = due(("A", 202001, 202002, 100), ("A", 202003, 202003, 200))

    roster = roster_of(lines, months=months)

    assert [each.amount_fen for each in roster.months] == [200, 200, 400]
    assert (roster.amount_fen, roster.headcount) == (800, 1)


def test_heads_count_in_the_months_of_their_lines() -> None:
    months = [month("202001"), month("202002"), month("202003")]
    lines = due(("A", 202001, 202001, 100), ("A", 202003, 202003, 100), ("B", 202002, 202003, 100))

    roster = roster_of(lines, months=months)

    assert [each.headcount for each in roster.months] == [1, 1, 2]
    assert [each.amount_fen for each in roster.months] == [200, 200, 400]
    assert roster.headcount == 2


def test_months_that_come_to_nothing_are_refused() -> None:
    with pytest.raises(DomainError) as refused:
        roster_of(due(("A", 202001, 202001, 0)), months=[month("202001")])

    assert refused.value.zh.startswith("202001 至 202001 应缴金额为 0.00 元，不能汇缴")


def test_a_month_that_comes_to_nothing_goes_with_one_that_does_not() -> None:
    months = [month("202001"), month("202002")]
    lines = due(("A", 202001, 202001, 0), ("A", 202002, 202002, 100))

    roster = roster_of(lines, months=months)

    assert [(each.headcount, each.amount_fen) for each in roster.months] == [(1, 0), (1, 200)]


def test_nobody_active_is_refused() -> None:
    with pytest.raises(DomainError) as refused:
        roster_of(DueLines(), months=[month("202001")])

    assert refused.value.reason.code == "NOTHING_DUE"
