"""What the clerk is told of the months before a transfer; contributions begin with the target's own next month due."""

from __future__ import annotations

import pytest

from services.collection.domain.transfer import months_sentence
from services.kit.months import YearMonth


@pytest.mark.parametrize(
    ("ended", "begins", "told"),
    [
        ((2019, 10), (2019, 10), "自 201910 起由转入单位汇缴"),
        ((2019, 8), (2019, 10), "201908 至 201909 两单位均不汇缴，可由转入单位补缴"),
        ((2019, 9), (2019, 10), "201909 两单位均不汇缴，可由转入单位补缴"),
        ((2020, 1), (2019, 11), "201911 至 201912 转出单位已汇缴，转入单位汇缴时会再次计入"),
    ],
)
def test_months_left_out_and_months_twice_are_told(
    ended: tuple[int, int], begins: tuple[int, int], told: str
) -> None:
    """`ended` is the first month that the source does not pay, `begins` the first that the target pays."""
    assert months_sentence(YearMonth(*ended), YearMonth(*begins)) == told
