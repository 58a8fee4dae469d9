"""正常 and 开户 follow what is paid (02 开户: no remittance yet); other states are somebody's decision."""

from __future__ import annotations

import pytest

from tests.unit.collection.build import employer, month


@pytest.mark.parametrize(
    ("status", "paid_through", "after"),
    [
        ("02", "201907", "01"),
        ("01", "201907", "01"),
        ("01", None, "02"),
        ("03", "201907", "03"),
        ("03", None, "03"),
        ("05", None, "05"),
    ],
)
def test_an_employer_is_opened_until_a_month_is_paid(
    status: str, paid_through: str | None, after: str
) -> None:
    last = month(paid_through) if paid_through else None

    moved = employer(status=status).paid_to(last)

    assert (moved.status, moved.paid_through) == (after, last)
