"""The chart of accounts and the entries of each business. Debits are positive, credits negative; legs sum to zero.

1001 银行存款        asset      what lies at the bank
2001 单位暂存款      liability  paid in by employers, not yet credited to people
2002 个人存款        liability  people's savings
2009 未分摊来款      liability  paid in, and nobody knows yet for which employer
6001 利息支出        expense    interest credited to people
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

BANK = "1001"
SUSPENSE = "2001"
PERSONAL = "2002"
UNALLOCATED = "2009"
INTEREST = "6001"

TITLES = {
    BANK: "银行存款",
    SUSPENSE: "单位暂存款",
    PERSONAL: "个人存款",
    UNALLOCATED: "未分摊来款",
    INTEREST: "利息支出",
}

#: Whose leg it is when no employer is known.
NOBODY = ""


@dataclass(frozen=True, slots=True)
class Leg:
    """One side of an entry, in fen; `employer_no` is the employer whose money it is."""

    account_code: str
    employer_no: str
    amount_fen: int


def bank_payment(employer_no: str, amount_fen: int) -> tuple[Leg, ...]:
    """Money came in: bank up, suspense up."""
    return (Leg(BANK, employer_no, amount_fen), Leg(SUSPENSE, employer_no, -amount_fen))


def unallocated_payment(amount_fen: int) -> tuple[Leg, ...]:
    """Money came in for nobody known: bank up, unallocated up."""
    return (Leg(BANK, NOBODY, amount_fen), Leg(UNALLOCATED, NOBODY, -amount_fen))


def allocation(employer_no: str, amount_fen: int) -> tuple[Leg, ...]:
    """Staff found the employer: unallocated down, suspense up."""
    return (Leg(UNALLOCATED, NOBODY, amount_fen), Leg(SUSPENSE, employer_no, -amount_fen))


def credit_people(employer_no: str, amount_fen: int) -> tuple[Leg, ...]:
    """汇缴 or 补缴: suspense down, people's savings up."""
    return (Leg(SUSPENSE, employer_no, amount_fen), Leg(PERSONAL, employer_no, -amount_fen))


def transfer(source_employer_no: str, target_employer_no: str, amount_fen: int) -> tuple[Leg, ...]:
    """同城转移: savings of one employer's people become savings of another's."""
    return (
        Leg(PERSONAL, source_employer_no, amount_fen),
        Leg(PERSONAL, target_employer_no, -amount_fen),
    )


def interest(employer_no: str, amount_fen: int) -> tuple[Leg, ...]:
    """年度结息: expense up, people's savings up."""
    return (Leg(INTEREST, employer_no, amount_fen), Leg(PERSONAL, employer_no, -amount_fen))


def mirrored(legs: Iterable[Leg]) -> tuple[Leg, ...]:
    """The entry that takes another one back."""
    return tuple(replace(leg, amount_fen=-leg.amount_fen) for leg in legs)
