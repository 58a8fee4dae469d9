"""The daily product of an account: Σ over days of its whole-yuan end-of-day balance, kept while money moves.

It covers the days from `product_from` (the day of opening, or 1 July after the last interest) to the day before
`product_through`, and is at any time what the ledger says of the same days. A movement dated inside the days that are
covered already (a step that waited past midnight) has its accounts counted anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

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


class Mismatch(NamedTuple):
    """An account whose kept product is not its ledger's."""

    employer_no: str
    account_no: str
    product_yuan_days: int


# Account by account, so that only the lines of these people are read, however many the city has. Of several lines of a
# day the balance before it counts with all of them, and all but the last of them last no day.
_MISMATCHED = text(
    """
    SELECT k.employer_no, k.account_no, k.product_yuan_days FROM account_fund k CROSS JOIN LATERAL (
        SELECT max(day) AS last_day, sum((balance_before_fen / 100) * (day - since))::bigint AS product
        FROM (
            SELECT l.posted_on AS day, lead(l.posted_on, 1, k.product_from) OVER newest AS since,
                (k.balance_fen - sum(l.credit_fen - l.debit_fen) OVER newest)::bigint AS balance_before_fen
            FROM ledger_line l WHERE l.account_no = k.account_no AND l.posted_on >= k.product_from
            WINDOW newest AS (ORDER BY l.posted_on DESC)
        ) spans
    ) counted
    WHERE k.employer_no = ANY(:employers ::text[]) AND k.product_from < :end_day
        AND k.product_yuan_days <> coalesce(product, 0)
            + (k.balance_fen / 100) * (k.product_through - coalesce(last_day, k.product_from))
    ORDER BY k.employer_no, k.account_no
    """
)


def mismatched(
    connection: Connection, employers: Sequence[str], *, end_day: date
) -> list[Mismatch]:
    """Accounts of these employers with days before `end_day` to be paid for, whose kept product is not what their ledger
    says of the same days.

    Counted back from the balance as it stands, so that only the days since the last interest are added up; that each
    balance is the sum of its lines is an invariant of its own.
    """
    rows = connection.execute(_MISMATCHED, {"employers": list(employers), "end_day": end_day})
    return [Mismatch._make(row) for row in rows]


_COVERED = """
    SELECT account_no, product_from AS first_day, product_through AS end_day FROM account_fund
    WHERE account_no = ANY(:accounts ::text[])"""

_RECOUNT = text(
    f"""
    UPDATE account_fund f SET product_yuan_days = coalesce(ledger.product_yuan_days, 0)
    FROM unnest(:accounts ::text[]) AS wanted(account_no)
    LEFT JOIN ({from_ledger(_COVERED)}) ledger USING (account_no) WHERE f.account_no = wanted.account_no
    RETURNING f.account_no, f.product_yuan_days
    """  # noqa: S608  # joined from constants of this package
)


def recount(connection: Connection, account_nos: Sequence[str]) -> dict[str, int]:
    """Count the kept products of these accounts, held by the caller, anew from the ledger; says what they are now."""
    if not account_nos:
        return {}
    rows = connection.execute(_RECOUNT, {"accounts": list(account_nos)})
    return {row.account_no: row.product_yuan_days for row in rows}
