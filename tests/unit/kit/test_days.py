"""Days are written YYYY-MM-DD; the other forms that Python reads are no days of a person."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kit.days import day_of, parse_day
from services.kit.errors import DomainError


def test_a_day_is_read_as_it_is_written() -> None:
    assert parse_day("2019-09-20") == date(2019, 9, 20)
    assert day_of("2020-02-29", field="value_date") == date(2020, 2, 29)


@given(st.dates())
def test_every_day_comes_back(day: date) -> None:
    assert parse_day(day.isoformat()) == day


@pytest.mark.parametrize(
    "text",
    [
        "",
        "20190920",
        "2019-W38-5",
        "2019W385",
        "2019-9-20",
        "2019-02-29",
        "2019-13-01",
        " 2019-09-20",
        "2019-09-20\n",
        "２０１９-09-20",
        "2019-09-20T00:00",
        "0000-01-01",
    ],
)
def test_what_is_no_day_is_refused_with_its_field(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_day(text)
    with pytest.raises(DomainError) as refused:
        day_of(text, field="value_date")

    assert refused.value.reason.code == "DATE_INVALID"
    assert [each.path for each in refused.value.fields] == ["value_date"]
