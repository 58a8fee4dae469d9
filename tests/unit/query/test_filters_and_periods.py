"""What the query screens accept (manual 四)."""

from __future__ import annotations

from datetime import date

import pytest

from services.kit.errors import DomainError
from services.query import domain
from services.query.domain import PeopleFilter, Period


def people_filter(**typed: str) -> PeopleFilter:
    empty = {"id_type": "", "id_number": "", "account_no": "", "status": ""}
    return domain.people_filter(**{**empty, **typed}, path="filter")


def refusal_of(action, **arguments: str) -> DomainError:
    with pytest.raises(DomainError) as caught:
        action(**arguments)
    return caught.value


def test_nothing_chosen_lets_everybody_through() -> None:
    assert people_filter() == PeopleFilter()


def test_id_number_is_read_without_spaces_and_in_capitals() -> None:
    found = people_filter(id_type="01", id_number=" 13070219850101001x ")
    assert found.id_number == "13070219850101001X"


def test_id_number_needs_its_type() -> None:
    error = refusal_of(people_filter, id_number="130702198501010001")
    assert error.reason.code == "ID_TYPE_REQUIRED"
    assert error.fields[0].path == "filter.id_type"


@pytest.mark.parametrize("typed", [{"status": "07"}, {"id_type": "05"}, {"status": "正常"}])
def test_unknown_code_is_refused(typed: dict[str, str]) -> None:
    assert refusal_of(people_filter, **typed).reason.code == "FILTER_CODE_UNKNOWN"


@pytest.mark.parametrize(
    ("from_date", "to_date", "missing"),
    [
        ("", "2019-09-30", ["from_date"]),
        ("2019-09-01", " ", ["to_date"]),
        ("", "", ["from_date", "to_date"]),
    ],
)
def test_contribution_details_need_both_dates(
    from_date: str, to_date: str, missing: list[str]
) -> None:
    error = refusal_of(domain.closed_period, from_date=from_date, to_date=to_date)
    assert error.reason.code == "DATE_RANGE_REQUIRED"
    assert error.zh == "开始日期和结束日期不能为空"
    assert [field.path for field in error.fields] == missing


def test_one_day_is_a_period() -> None:
    found = domain.closed_period(from_date="2019-09-30", to_date="2019-09-30")
    assert found == Period(date(2019, 9, 30), date(2019, 9, 30))


def test_end_before_beginning_is_refused() -> None:
    error = refusal_of(domain.open_period, from_date="2019-09-30", to_date="2019-09-29")
    assert error.reason.code == "DATE_RANGE_REVERSED"


@pytest.mark.parametrize(
    "text", ["2019-02-29", "20190930", "2019-W39-1", "0000-01-01", "30.09.2019", "二〇一九"]
)
def test_what_is_no_date_is_refused(text: str) -> None:
    assert refusal_of(domain.open_period, from_date=text, to_date="").reason.code == "DATE_INVALID"


def test_ledger_sides_may_stay_open() -> None:
    assert domain.open_period(from_date="", to_date="") == Period(None, None)
