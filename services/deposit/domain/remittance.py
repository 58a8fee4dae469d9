"""汇缴 on the money side (manual §6.1): is there enough suspense for what is due?"""

from __future__ import annotations

from services.deposit.errors import INSUFFICIENT_SUSPENSE
from services.kit.errors import DomainError, fact
from services.kit.money import format_yuan


def refusal(*, due_fen: int, suspense_fen: int) -> DomainError | None:
    """Why a remittance of `due_fen` cannot be paid from `suspense_fen`, or None when it can (应缴 ≤ 可用余额)."""
    if due_fen <= suspense_fen:
        return None
    return fact(
        INSUFFICIENT_SUSPENSE, due=format_yuan(due_fen), available=format_yuan(suspense_fen)
    )
