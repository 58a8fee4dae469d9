"""What an invariant is, and the sums of the books that several of them compare."""

# ruff: noqa: S608  # joined from constants of this package

from __future__ import annotations

from dataclasses import dataclass

from services.deposit.domain.chart import PERSONAL, SUSPENSE


@dataclass(frozen=True, slots=True)
class Invariant:
    """What must hold: as the code says it, as staff read it, and a SELECT of `(subject, expected, found)` that is empty
    when it does. Both figures are fen, or else, with `is_money` false, a count, a month (YYYYMM) or a day (YYYYMMDD)."""

    name: str
    title_zh: str
    statement: str
    is_money: bool = True


def day(date: str) -> str:
    """A date as a figure, YYYYMMDD."""
    return f"to_char({date}, 'YYYYMMDD')::int"


#: What the journal moves of each employer's suspense and people's savings, business by business; up is positive.
MOVED = f"""
    SELECT e.registration_no, l.employer_no,
        coalesce(-sum(l.amount_fen) FILTER (WHERE l.account_code = '{SUSPENSE}'), 0) AS suspense_fen,
        coalesce(-sum(l.amount_fen) FILTER (WHERE l.account_code = '{PERSONAL}'), 0) AS balance_fen
    FROM journal_entry e JOIN journal_leg l USING (entry_no)
    WHERE l.account_code IN ('{SUSPENSE}', '{PERSONAL}') GROUP BY e.registration_no, l.employer_no"""
