"""正常全额补缴 pays a month once (manual §6.2): what a row is told of its months that are paid already."""

from __future__ import annotations

from services.deposit.domain.back_payment import PaidRun, faults_of_paid
from services.kit.months import YearMonth


def run(row_number: int, first: str, last: str) -> PaidRun:
    return PaidRun(row_number, YearMonth.parse(first), YearMonth.parse(last))


def test_a_row_is_told_which_months_are_paid_and_what_to_choose_for_a_difference() -> None:
    found = faults_of_paid([run(2, "201907", "201908"), run(2, "201910", "201910")])

    assert list(found) == [2]
    assert (found[2].field, found[2].reason) == ("from_month", "MONTHS_PAID_IN_FULL")
    assert found[2].zh == (
        "该职工 201907 至 201908、201910 已全额缴存，不能重复办理正常全额补缴；"
        "如因基数或比例调整需补差额，请选择不定额补缴"
    )


def test_a_sentence_names_three_runs_of_months() -> None:
    runs = [run(1, month, month) for month in ("201901", "201903", "201905", "201907")]

    assert "201901、201903、201905 等 已全额缴存" in faults_of_paid(runs)[1].zh


def test_rows_without_paid_months_are_told_nothing() -> None:
    assert faults_of_paid([]) == {}
