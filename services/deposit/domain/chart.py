"""The chart of accounts and the entries of each business. Debits are positive, credits negative; legs sum to zero.

1001 银行存款        asset      what lies at the bank
2001 单位暂存款      liability  paid in by employers, not yet credited to people
2002 个人存款        liability  people's savings
6001 利息支出        expense    interest credited to people
"""

from __future__ import annotations

from dataclasses import dataclass

BANK = "1001"
SUSPENSE = "2001"
PERSONAL = "2002"
INTEREST = "6001"

TITLES = {BANK: "银行存款", SUSPENSE: "单位暂存款", PERSONAL: "个人存款", INTEREST: "利息支出"}


@dataclass(frozen=True, slots=True)
class Leg:
    """One side of an entry, in fen; `employer_no` is the employer whose money it is."""

    account_code: str
    employer_no: str
    amount_fen: int


def bank_payment(employer_no: str, amount_fen: int) -> tuple[Leg, ...]:
    """Money came in: bank up, suspense up."""
    return (Leg(BANK, employer_no, amount_fen), Leg(SUSPENSE, employer_no, -amount_fen))


def credit_people(employer_no: str, amount_fen: int) -> tuple[Leg, ...]:
    """汇缴 or 补缴: suspense down, people's savings up."""
    return (Leg(SUSPENSE, employer_no, amount_fen), Leg(PERSONAL, employer_no, -amount_fen))
