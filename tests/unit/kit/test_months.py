"""Months: written YYYYMM, counted across years, ordered like the calendar."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kit.months import YearMonth

MONTHS = st.builds(YearMonth, st.integers(1950, 2050), st.integers(1, 12))


def test_a_month_is_read_from_six_digits() -> None:
    assert YearMonth.parse("201909") == YearMonth(2019, 9)
    assert str(YearMonth(2019, 9)) == "201909"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2019",
        "20199",
        "201900",
        "201913",
        "2019-09",
        "201909.0",
        "２０１９０９",
        "189912",
        "210001",
        " 201909",
    ],
)
def test_other_forms_of_a_month_are_refused(text: str) -> None:
    with pytest.raises(ValueError):
        YearMonth.parse(text)


@pytest.mark.parametrize(("year", "month"), [(2019, 0), (2019, 13), (1899, 12), (2100, 1)])
def test_a_month_outside_the_calendar_cannot_be_made(year: int, month: int) -> None:
    with pytest.raises(ValueError):
        YearMonth(year, month)


def test_the_stored_form_is_the_number_it_looks_like() -> None:
    assert YearMonth(2019, 9).to_int() == 201909
    assert YearMonth.from_int(201909) == YearMonth(2019, 9)
    with pytest.raises(ValueError):
        YearMonth.from_int(201900)


def test_december_is_followed_by_january() -> None:
    assert YearMonth(2019, 12) + 1 == YearMonth(2020, 1)
    assert YearMonth(2020, 1) - 1 == YearMonth(2019, 12)


def test_the_difference_counts_months() -> None:
    assert YearMonth(2020, 3) - YearMonth(2019, 9) == 6
    assert YearMonth(2019, 9) - YearMonth(2020, 3) == -6


def test_months_of_a_period_include_both_ends() -> None:
    period = YearMonth(2019, 11).through(YearMonth(2020, 1))
    assert [str(month) for month in period] == ["201911", "201912", "202001"]
    assert list(YearMonth(2020, 1).through(YearMonth(2019, 12))) == []


def test_a_day_belongs_to_its_month() -> None:
    assert YearMonth.of(date(2019, 9, 30)) == YearMonth(2019, 9)
    assert YearMonth(2019, 9).first_day() == date(2019, 9, 1)


@given(MONTHS, st.integers(-300, 300))
def test_going_forth_and_back_ends_where_it_began(month: YearMonth, distance: int) -> None:
    assert month + distance - distance == month
    assert (month + distance) - month == distance


@given(MONTHS, MONTHS)
def test_stored_forms_sort_like_the_months(one: YearMonth, other: YearMonth) -> None:
    assert (one < other) == (one.to_int() < other.to_int()) == (str(one) < str(other))


@given(MONTHS)
def test_every_form_reads_back(month: YearMonth) -> None:
    assert YearMonth.parse(str(month)) == YearMonth.from_int(month.to_int()) == month


def test_months_run_through_the_last_that_can_be_written() -> None:
    found = YearMonth(2099, 11).through(YearMonth(2099, 12))

    assert [str(each) for each in found] == ["209911", "209912"]
    assert list(YearMonth(2099, 12).through(YearMonth(2099, 11))) == []
