"""年度结息 of whole batches of employers as a handful of statements: due, posted, told.

The product kept on the account is what interest is computed from. Only accounts that moved after the fund year's end
but before its run need their ledger read: the part of their product that belongs to the new year is split off.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import starmap
from typing import NamedTuple

from sqlalchemy import Connection, text

from services.deposit.domain.codes import ANNUAL_INTEREST, NORMAL, SUMMARY_INTEREST
from services.deposit.domain.interest import INTEREST_SQL, end_day, posting_day
from services.deposit.store.product import from_ledger, recount


@dataclass(frozen=True, slots=True)
class Terms:
    """What a run pays: which fund year, at which yearly rate in basis points."""

    fund_year: int
    rate_bp: int


class Earned(NamedTuple):
    """One account's interest as posted; `serial_no` is None when the product came to less than half a fen."""

    employer_no: str
    account_no: str
    product: int
    interest_fen: int
    base_fen: int
    paid_through_month: int
    balance_after_fen: int
    moved_since: bool
    serial_no: int | None


class Expected(NamedTuple):
    """One account's interest as a run would post it, or has."""

    account_no: str
    product: int
    interest_fen: int
    balance_before_fen: int
    posted: bool


_YEAR_OF_THOSE_MOVED_SINCE = """
    SELECT account_no, product_from AS first_day, CAST(:end_day AS date) AS end_day FROM account_fund
    WHERE employer_no = ANY(:employers ::text[]) AND product_from < :end_day AND product_through > :end_day"""

_AS_KEPT = """
    SELECT account_no, product_from AS first_day, product_through AS end_day FROM account_fund
    WHERE employer_no = ANY(:employers ::text[])"""

_MOVED_SINCE = f"LEFT JOIN ({from_ledger(_YEAR_OF_THOSE_MOVED_SINCE)}) late USING (account_no)"

_PRODUCT = """CASE WHEN f.product_through > :end_day THEN coalesce(late.product_yuan_days, 0)
        ELSE f.product_yuan_days + (f.balance_fen / 100) * (CAST(:end_day AS date) - f.product_through) END"""

_POST = text(
    f"""
    WITH numbered AS (
        SELECT * FROM unnest(:employers ::text[], :registrations ::text[]) AS n(employer_no, registration_no)
    ), due AS MATERIALIZED (
        SELECT *, {INTEREST_SQL} AS interest_fen FROM (
            SELECT f.account_no, {_PRODUCT} AS product FROM account_fund f {_MOVED_SINCE}
            WHERE f.employer_no = ANY(:employers ::text[]) AND f.product_from < :end_day
        ) earned
    ), moved AS (
        UPDATE account_fund f SET balance_fen = f.balance_fen + due.interest_fen, product_yuan_days = 0,
            product_from = :end_day, product_through = greatest(f.product_through, :end_day)
        FROM due WHERE f.account_no = due.account_no
            AND f.employer_no = ANY(:employers ::text[]) AND f.product_from < :end_day
        RETURNING f.employer_no, f.account_no, due.product, due.interest_fen, f.base_fen, f.paid_through_month,
            f.balance_fen, f.product_through > :end_day AS moved_since
    ), lines AS (
        INSERT INTO ledger_line (account_no, employer_no, registration_no, posted_on, business_kind,
            transaction_type, summary, credit_fen, balance_after_fen, base_fen, interest_year)
        SELECT account_no, employer_no, registration_no, :posted_on, :business_kind,
            :transaction_type, :summary, interest_fen, balance_fen, base_fen, :fund_year
        FROM moved JOIN numbered USING (employer_no) WHERE interest_fen > 0
        ORDER BY employer_no, account_no
        RETURNING account_no, serial_no
    )
    SELECT employer_no, account_no, product, interest_fen, base_fen, paid_through_month,
        balance_fen AS balance_after_fen, moved_since, serial_no
    FROM moved LEFT JOIN lines USING (account_no) ORDER BY employer_no, serial_no
    """  # noqa: S608  # joined from constants of this package
)

_TRY = text(
    f"""
    INSERT INTO interest_share (run_no, employer_no, accounts, product_yuan_days, amount_fen, mismatches)
    SELECT :run_no, employer_no, count(*), sum(product), sum({INTEREST_SQL}), sum(mismatch) FROM (
        SELECT f.employer_no, {_PRODUCT} AS product,
            (coalesce(kept.product_yuan_days, 0) <> f.product_yuan_days)::int AS mismatch
        FROM account_fund f {_MOVED_SINCE} LEFT JOIN ({from_ledger(_AS_KEPT)}) kept USING (account_no)
        WHERE f.employer_no = ANY(:employers ::text[]) AND f.product_from < :end_day
    ) due GROUP BY employer_no
    """  # noqa: S608  # joined from constants of this package
)

_EXPECTED = text(
    f"""
    SELECT account_no, product, interest_fen, balance_before_fen, posted FROM (
        SELECT account_no, product, {INTEREST_SQL} AS interest_fen, balance_fen AS balance_before_fen,
            false AS posted
        FROM (
            SELECT f.account_no, f.balance_fen, {_PRODUCT} AS product FROM account_fund f {_MOVED_SINCE}
            WHERE f.employer_no = ANY(:employers ::text[]) AND f.product_from < :end_day
        ) due
        UNION ALL
        SELECT account_no, 0, credit_fen, balance_after_fen - credit_fen, true FROM ledger_line
        WHERE employer_no = ANY(:employers ::text[]) AND interest_year = :fund_year
    ) each_account
    WHERE account_no > :after AND (CAST(:account_no AS text) = '' OR account_no = :account_no)
    ORDER BY account_no LIMIT :limit
    """  # noqa: S608  # joined from constants of this package
)


def post(
    connection: Connection, terms: Terms, employers: Sequence[str], registrations: Sequence[str]
) -> list[Earned]:
    """Pay everyone of these employers, held by the caller and with them all accounts, whose year is not settled; in the order of employers
    and serial numbers. Each employer's lines carry its registration number."""
    rows = connection.execute(
        _POST,
        {
            **_period(terms, employers),
            "registrations": list(registrations),
            "posted_on": posting_day(terms.fund_year),
            "fund_year": terms.fund_year,
            "business_kind": ANNUAL_INTEREST,
            "transaction_type": NORMAL,
            "summary": SUMMARY_INTEREST,
        },
    )
    earned = list(starmap(Earned, rows.all()))
    recount(connection, [each.account_no for each in earned if each.moved_since])
    return earned


def try_out(connection: Connection, terms: Terms, employers: Sequence[str], *, run_no: int) -> None:
    """Note as shares of a run what `post` would come to, and how many kept products are not the ledger's."""
    connection.execute(_TRY, {**_period(terms, employers), "run_no": run_no})


def expected(
    connection: Connection,
    terms: Terms,
    employer_no: str,
    *,
    account_no: str,
    after: str,
    limit: int,
) -> list[Expected]:
    """The interest of an employer's people after account number `after`; only of `account_no` when there is one."""
    rows = connection.execute(
        _EXPECTED,
        {
            **_period(terms, [employer_no]),
            "fund_year": terms.fund_year,
            "account_no": account_no,
            "after": after,
            "limit": limit,
        },
    )
    return [Expected._make(row) for row in rows]


def _period(terms: Terms, employers: Sequence[str]) -> dict[str, object]:
    first: date = end_day(terms.fund_year)
    return {"employers": list(employers), "end_day": first, "rate_bp": terms.rate_bp}
