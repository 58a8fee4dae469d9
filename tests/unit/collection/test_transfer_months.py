"""What the clerk is told of the months before a transfer; contributions begin with the target's own next month due."""

from __future__ import annotations

import pytest

from services.collection.domain.transfer import months_sentence
from tests.unit.collection.build import employer, month


@pytest.mark.parametrize(
    ("ended", "paid_through", "told"),
    [
        ("201910", "201909", "自 201910 起由转入单位汇缴"),
        ("201908", "201909", "201908 至 201909 两单位均不汇缴，可由转入单位补缴"),
        ("201909", "201909", "201909 两单位均不汇缴，可由转入单位补缴"),
        ("202001", "201910", "201911 至 201912 转出单位已汇缴，转入单位汇缴时会再次计入"),
    ],
)
def test_months_left_out_and_months_twice_are_told(
    ended: str, paid_through: str, told: str
) -> None:
    """`ended` is the first month that the source does not pay; the target has begun long ago."""
    target = employer(paid_through=paid_through, first_month="201001")
    assert months_sentence(month(ended), target) == told


@pytest.mark.parametrize(
    ("paid_through", "told"),
    [
        ("201912", "201908 至 201912 两单位均不汇缴，其中 201911 至 201912 可由转入单位补缴"),
        (None, "201908 至 201910 两单位均不汇缴，也不能由转入单位补缴"),
    ],
)
def test_months_before_the_targets_first_one_are_not_promised(
    paid_through: str | None, told: str
) -> None:
    target = employer(paid_through=paid_through, first_month="201911")
    assert months_sentence(month("201908"), target) == told
