"""Pure rules of the bank's side: how its words are spelled, which value dates are believed."""

from __future__ import annotations

from datetime import date

import pytest

from services.deposit.domain import value_date
from services.deposit.domain.bank_spelling import narrow, spelled

TODAY = date(2019, 9, 20)


@pytest.mark.parametrize(
    "written", [" 10700000010", "10700000010\u3000", "\t１０７００００００１０\n", "10700000010"]
)
def test_an_employer_number_is_spelled_as_a_reference_is(written: str) -> None:
    assert narrow(written) == "10700000010"
    assert spelled(written) == "10700000010"


@pytest.mark.parametrize(
    ("day", "is_believed"),
    [
        (date(2018, 9, 18), False),
        (date(2018, 9, 19), True),
        (TODAY, True),
        (date(2019, 9, 30), True),
        (date(2019, 10, 1), False),
        (date(1, 1, 1), False),
        (date(2099, 12, 31), False),
    ],
)
def test_a_value_date_lies_about_the_business_date(day: date, is_believed: bool) -> None:
    refusal = value_date.refusal(day, today=TODAY, days_back=366, days_ahead=10)

    assert (refusal is None) is is_believed
    if refusal is not None:
        assert refusal.zh == "到账日期应在 2018-09-19 至 2019-09-30 之间，请核对"
        assert [each.path for each in refusal.fields] == ["value_date"]
