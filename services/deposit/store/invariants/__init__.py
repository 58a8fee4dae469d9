"""The invariants of the books, in the order in which they are verified: first the journal, which all else stands on."""

from services.deposit.store.invariants import bank, employers, interest, journal, people
from services.deposit.store.invariants.invariant import Invariant

INVARIANTS: dict[str, Invariant] = {
    each.name: each
    for part in (journal, people, interest, employers, bank)
    for each in part.INVARIANTS
}

__all__ = ["INVARIANTS", "Invariant"]
