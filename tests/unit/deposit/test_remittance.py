"""What is due is paid as it was confirmed, or not at all (manual §6.1)."""

from __future__ import annotations

import pytest

from services.deposit.domain.remittance import Due, refusal_of

NOTHING_STATED = Due(0, 0)


@pytest.mark.parametrize("stated", [NOTHING_STATED, Due(0, 2), Due(100, 2)])
def test_nothing_due_is_not_posted(stated: Due) -> None:
    """The journal has no legs of nothing, and a month that nothing is paid for is not paid."""
    refusal = refusal_of(Due(0, 2), stated=stated, suspense_fen=100)

    assert refusal is not None
    assert refusal.reason.code == "DUE_IS_ZERO"


def test_what_is_due_is_payable_when_it_is_what_was_stated() -> None:
    for stated in (NOTHING_STATED, Due(100, 0), Due(0, 2), Due(100, 2)):
        assert refusal_of(Due(100, 2), stated=stated, suspense_fen=100) is None


@pytest.mark.parametrize("stated", [Due(99, 2), Due(100, 3)])
def test_what_has_changed_since_it_was_stated_is_not_paid(stated: Due) -> None:
    refusal = refusal_of(Due(100, 2), stated=stated, suspense_fen=100)

    assert refusal is not None
    assert refusal.reason.code == "DUE_CHANGED"
