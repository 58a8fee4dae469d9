"""How the books spell what banks and payers write: 银行流水号, 单位账号 (docs/bank.md)."""

from __future__ import annotations

import re
import unicodedata

#: Twice the Max35Text of an account servicer's reference in ISO 20022 and some.
REFERENCE_MAX = 64
# The characters that ISO 20022 and SWIFT allow in a reference, without the space.
_REFERENCE = re.compile(rf"[0-9A-Za-z/?:().,'+_-]{{1,{REFERENCE_MAX}}}")


def narrow(written: str) -> str:
    """Full-width characters narrow (NFKC), nothing around it: payers type numbers with whatever their keyboard has."""
    return unicodedata.normalize("NFKC", written).strip()


def spelled(reference: str) -> str | None:
    """The one spelling of a bank reference, so that one payment has one. None when it is none.

    Case stays: which letters are the same is the bank's affair. Two that differ in nothing else contradict each
    other when they are booked (`store.bank.claim_bank_payment`).
    """
    found = narrow(reference)
    return found if _REFERENCE.fullmatch(found) else None
