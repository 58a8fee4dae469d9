"""What the roster has against a row of 补缴 (manual §6.2): 16317.00 at 12 % + 10 % is 3589.74 a month."""

from __future__ import annotations

import pytest

from services.collection.domain.account import Account
from services.collection.domain.back_payment import Kind, LineFault, fault_of_line
from tests.unit.collection.build import account, employer, month, term


def fault(
    first: str,
    last: str,
    *,
    fen: int = 358_974,
    kind: Kind = Kind.FULL,
    of: Account | None = None,
) -> LineFault | None:
    """An employer that began in June 2019 and is paid through December, asked in January 2020."""
    return fault_of_line(
        of or account(),
        employer=employer(first_month="201906", paid_through="201912"),
        from_month=month(first),
        to_month=month(last),
        amount_fen=fen,
        current=month("202001"),
        kind=kind,
    )


@pytest.mark.parametrize("kind", Kind)
def test_months_before_the_employers_first_one_are_refused(kind: Kind) -> None:
    found = fault("201905", "201906", fen=717_948, kind=kind)

    assert found is not None
    assert (found.field, found.error.reason.code) == ("from_month", "BACK_BEFORE_FIRST_MONTH")
    assert found.error.zh == "开始年月不能早于单位首次汇缴年月 201906"


def test_who_was_opened_late_is_paid_for_the_months_before() -> None:
    """The account counts from November; the employer owes the person the months since June."""
    latecomer = account(now=term(since="201911"))

    assert fault("201906", "201910", fen=1_794_870, of=latecomer) is None


def test_months_end_with_what_the_employer_has_paid() -> None:
    found = fault("201912", "202001", fen=717_948)

    assert found is not None
    assert (found.field, found.error.reason.code) == ("to_month", "BACK_MONTHS_NOT_PAID")


def test_the_full_amount_is_monthly_times_months() -> None:
    assert fault("201911", "201912", fen=717_948) is None
    found = fault("201911", "201912", fen=717_947)
    assert found is not None
    assert (found.field, found.error.reason.code) == ("amount", "BACK_AMOUNT_NOT_FULL")


def test_an_arbitrary_amount_may_be_any() -> None:
    assert fault("201911", "201912", fen=1, kind=Kind.ARBITRARY) is None
