"""The daily product of an account: Σ over days of its whole-yuan end-of-day balance, kept while money moves.

It covers the days from `product_from` (the day of opening, or 1 July after the last interest) to the day before
`product_through`, and is at any time what the ledger says of the same days. A movement dated inside the days that are
covered already (a step that waited past midnight) has its accounts counted anew.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, text


def moved(delta: str) -> str:
    """The SET list of an UPDATE of `account_fund f` that moves its balance by the SQL expression `delta` on the day
    `:posted_on`. Accounts with `product_through > :posted_on` afterwards have to be counted anew by `recount`."""
    return f"""
        balance_fen = f.balance_fen + {delta},
        product_yuan_days = f.product_yuan_days
            + (f.balance_fen / 100) * greatest(:posted_on ::date - f.product_through, 0),
        product_through = greatest(f.product_through, :posted_on ::date)"""


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


_COVERED = """
    SELECT account_no, product_from AS first_day, product_through AS end_day FROM account_fund
    WHERE account_no = ANY(:accounts ::text[])"""

_RECOUNT = text(
    f"""
    UPDATE account_fund f SET product_yuan_days = ledger.product_yuan_days
    FROM ({from_ledger(_COVERED)}) ledger WHERE f.account_no = ledger.account_no
    """  # noqa: S608  # joined from constants of this package
)


def recount(connection: Connection, account_nos: Sequence[str]) -> None:
    """Count the kept products of these accounts, held by the caller, anew from the ledger."""
    if account_nos:
        connection.execute(_RECOUNT, {"accounts": list(account_nos)})
