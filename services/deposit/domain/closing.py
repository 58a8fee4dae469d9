"""单位注销 on the money side (manual §5.8): every condition that is not met is named."""

from __future__ import annotations

from collections.abc import Iterator

from services.deposit.errors import BALANCE_LEFT, BUSINESS_PENDING, CLOSING_UNMET, SUSPENSE_LEFT
from services.kit.errors import DomainError, FieldError, Reason
from services.kit.money import format_yuan


def refusal(
    *, balance_fen: int, suspense_fen: int, pending_registration_no: str | None
) -> DomainError | None:
    """Why the money side cannot be closed, or None: Σ 余额 = 0, 暂存款 = 0, nothing pending."""
    unmet = list(_unmet(balance_fen, suspense_fen, pending_registration_no))
    if not unmet:
        return None
    return DomainError(CLOSING_UNMET, unmet, {"conditions": "；".join(each.zh for each in unmet)})


def _unmet(
    balance_fen: int, suspense_fen: int, pending_registration_no: str | None
) -> Iterator[FieldError]:
    if balance_fen:
        yield _condition("balance_fen", BALANCE_LEFT, amount=format_yuan(balance_fen))
    if suspense_fen:
        yield _condition("suspense_fen", SUSPENSE_LEFT, amount=format_yuan(suspense_fen))
    if pending_registration_no:
        yield _condition(
            "pending_registration_no", BUSINESS_PENDING, registration_no=pending_registration_no
        )


def _condition(path: str, reason: Reason, **facts: str) -> FieldError:
    return FieldError(path, reason.code, reason.zh.format_map(facts))
