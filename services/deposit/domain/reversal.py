"""冲正 by staff: a business is taken back by new entries, unless later business depends on it; each reason is named."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from services.deposit.domain.codes import REVERSED, REVERSED_SAME_DAY
from services.deposit.errors import (
    BALANCE_SPENT,
    INTEREST_SINCE,
    LATER_BACK_PAYMENT,
    LATER_REMITTANCE,
    PEOPLE_LEFT,
    RECALL_DATE_OUTSIDE,
    REVERSAL_BLOCKED,
    SUSPENSE_SPENT,
)
from services.kit.errors import DomainError, FieldError, Reason
from services.kit.money import format_yuan
from services.kit.sentences import first_of


@dataclass(frozen=True, slots=True)
class Dependents:
    """What has happened since on the accounts that were credited; account numbers in their order."""

    left: Sequence[str]  # they were transferred away; for a remittance even if they have come back
    spent: Sequence[str]  # they have less than was credited
    paid_interest: Sequence[str]  # their fund year was settled with it
    back_paid: Sequence[str]  # a back payment relies on the months being paid


def transaction_type(*, posted_on: date, today: date) -> str:
    """当日冲正 on the same day, 冲账 later."""
    return REVERSED_SAME_DAY if posted_on == today else REVERSED


def refusal_of_credit(
    dependents: Dependents, *, to_month: int = 0, last_month: int = 0
) -> DomainError | None:
    """Why a remittance or back payment cannot be taken back, or None. A remittance up to `to_month` must be the
    last: nothing up to a later `last_month` was remitted since."""
    conditions = []
    if last_month > to_month:
        conditions.append(_condition("to_month", LATER_REMITTANCE, month=last_month))
    conditions += _of_accounts(dependents)
    return _refusal(conditions)


def refusal_of_payment(*, amount_fen: int, suspense_fen: int) -> DomainError | None:
    """Why a payment of the bank cannot be taken back, or None: its money must still lie in suspense."""
    if amount_fen <= suspense_fen:
        return None
    spent = _condition(
        "amount_fen",
        SUSPENSE_SPENT,
        amount=format_yuan(amount_fen),
        available=format_yuan(suspense_fen),
    )
    return _refusal([spent])


def recall_day(stated: date | None, *, value_date: date, today: date) -> date:
    """The value date of a payment's recall by the bank, today unless another day is stated. Raises
    RECALL_DATE_OUTSIDE for one before the payment's own value date, or that is still to come."""
    last = max(value_date, today)
    day = last if stated is None else stated
    if value_date <= day <= last:
        return day
    facts = {"first": str(value_date), "last": str(last)}
    sentence = RECALL_DATE_OUTSIDE.zh.format_map(facts)
    field = FieldError("recalled_on", RECALL_DATE_OUTSIDE.code, sentence)
    raise DomainError(RECALL_DATE_OUTSIDE, [field], facts)


def _of_accounts(dependents: Dependents) -> Iterator[FieldError]:
    found = (
        (PEOPLE_LEFT, dependents.left),
        (BALANCE_SPENT, dependents.spent),
        (INTEREST_SINCE, dependents.paid_interest),
        (LATER_BACK_PAYMENT, dependents.back_paid),
    )
    for reason, accounts in found:
        if accounts:
            yield _condition("accounts", reason, count=len(accounts), accounts=first_of(accounts))


def _condition(path: str, reason: Reason, **facts: object) -> FieldError:
    texts = {name: str(value) for name, value in facts.items()}
    return FieldError(path, reason.code, reason.zh.format_map(texts))


def _refusal(conditions: Iterable[FieldError]) -> DomainError | None:
    unmet = list(conditions)
    if not unmet:
        return None
    sentences = "；".join(each.zh for each in unmet)
    return DomainError(REVERSAL_BLOCKED, unmet, {"conditions": sentences})
