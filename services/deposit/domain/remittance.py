"""汇缴 (manual §6.1): what somebody confirmed on the preview is what is paid, or nothing is."""

from __future__ import annotations

from dataclasses import dataclass

from services.deposit.domain import suspense
from services.deposit.errors import (
    AMOUNT_INVALID,
    DUE_CHANGED,
    DUE_IS_ZERO,
    DUE_NOT_STATED,
    MONTH_TOO_FAR,
)
from services.kit.errors import DomainError, FieldError, fact
from services.kit.money import format_yuan
from services.kit.months import YearMonth

#: As many months as collection lets one remittance have.
MONTHS_MAX = 60


@dataclass(frozen=True, slots=True)
class Due:
    """An amount for so many people; 0 where somebody states nothing of it."""

    amount_fen: int
    headcount: int


def check_month(to_month: YearMonth, *, current: YearMonth) -> None:
    """No remittance reaches so far ahead, whatever is paid; the roster's own rules are collection's. Raises
    MONTH_TOO_FAR."""
    if to_month - current > MONTHS_MAX:
        raise DomainError(
            MONTH_TOO_FAR, fields=[FieldError("to_month", MONTH_TOO_FAR.code, MONTH_TOO_FAR.zh)]
        )


def check_stated(stated: Due, *, is_approved: bool) -> None:
    """Whoever approves sees both figures, so both are stated then. Raises AMOUNT_INVALID, DUE_NOT_STATED."""
    fields = {"expected_amount_fen": stated.amount_fen, "expected_headcount": stated.headcount}
    for name, value in fields.items():
        reason = None
        if value < 0:
            reason = AMOUNT_INVALID
        elif value == 0 and is_approved:
            reason = DUE_NOT_STATED
        if reason is not None:
            raise DomainError(reason, fields=[FieldError(name, reason.code, reason.zh)])


def refusal_of(due: Due, *, stated: Due, suspense_fen: int) -> DomainError | None:
    """Why what is due cannot be paid, or None: it is nothing, not what was stated, or more than there is."""
    if not due.amount_fen:
        return DomainError(DUE_IS_ZERO)
    if stated.amount_fen in (0, due.amount_fen) and stated.headcount in (0, due.headcount):
        return suspense.shortage(due_fen=due.amount_fen, suspense_fen=suspense_fen)
    return fact(
        DUE_CHANGED,
        due=format_yuan(due.amount_fen),
        people=due.headcount,
        stated=format_yuan(stated.amount_fen) if stated.amount_fen else "—",
        stated_people=stated.headcount or "—",
    )
