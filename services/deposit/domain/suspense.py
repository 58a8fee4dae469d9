"""暂存款 (manual §6.1, §6.2): is there enough of it for what is due?"""

from __future__ import annotations

from services.deposit.errors import INSUFFICIENT_SUSPENSE
from services.kit.errors import DomainError, fact
from services.kit.money import format_yuan


def shortage(*, due_fen: int, suspense_fen: int) -> DomainError | None:
    """Why `due_fen` cannot be paid from `suspense_fen`, or None when it can (应缴 ≤ 可用余额)."""
    if due_fen <= suspense_fen:
        return None
    return fact(
        INSUFFICIENT_SUSPENSE, due=format_yuan(due_fen), available=format_yuan(suspense_fen)
    )
