"""The daily product of an account: Σ over days of its whole-yuan end-of-day balance, kept while money moves.

It covers the days from `product_from` (the day of opening, or 1 July after the last interest) to the day before
`product_through`. A movement dated inside what is covered already changes the covered days it touches, so the product
is at any time what the ledger says of the same days; `FROM_LEDGER` computes that.
"""

from __future__ import annotations


def moved(delta: str, *, day: str = ":posted_on ::date") -> str:
    """The SET list of an UPDATE of `account_fund f` that moves its balance by the SQL expression `delta` on `day`."""
    return f"""
        balance_fen = f.balance_fen + {delta},
        product_yuan_days = f.product_yuan_days + CASE WHEN {day} > f.product_through
            THEN (f.balance_fen / 100) * ({day} - f.product_through)
            ELSE ((f.balance_fen + {delta}) / 100 - f.balance_fen / 100)
                * (f.product_through - greatest({day}, f.product_from)) END,
        product_through = greatest(f.product_through, {day})"""


def from_ledger(accounts: str) -> str:
    """A SELECT of `(account_no, product_yuan_days)` for the accounts of a SELECT of
    `(account_no, first_day, end_day)`: the product of the days before `end_day`, from the ledger alone."""
    return f"""
        SELECT account_no, coalesce(sum((balance_fen / 100) * (next_day - day)), 0)::bigint AS product_yuan_days
        FROM (
            SELECT account_no, day,
                lead(day, 1, end_day) OVER (PARTITION BY account_no ORDER BY day) AS next_day,
                sum(moved_fen) OVER (PARTITION BY account_no ORDER BY day)::bigint AS balance_fen
            FROM (
                SELECT l.account_no, greatest(l.posted_on, w.first_day) AS day, w.end_day,
                    sum(l.credit_fen - l.debit_fen) AS moved_fen
                FROM ({accounts}) w JOIN ledger_line l USING (account_no)
                WHERE l.posted_on < w.end_day
                GROUP BY l.account_no, greatest(l.posted_on, w.first_day), w.end_day
            ) daily
        ) spans GROUP BY account_no"""  # noqa: S608  # `accounts` is a constant of this package
