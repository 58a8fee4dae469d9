"""Credits on the personal ledger: a whole employer's months are a handful of statements, not a loop over people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Any

from sqlalchemy import Connection, TextClause, text

from services.deposit.store.ledger import Lines, Posting
from services.deposit.store.product import moved, recount


@dataclass(frozen=True, slots=True)
class DueMonths:
    """Monthly amounts from a month to a month (YYYYMM, both included), in fen: a list for each column, with a place for
    each person, or for each of somebody's runs of equal months; no months are all the months that are credited."""

    account_nos: list[str]
    from_months: list[int]
    to_months: list[int]
    monthly_fen: list[int]
    bases_fen: list[int]


@dataclass(frozen=True, slots=True)
class BackPaymentRow:
    """One row of a back payment: an amount in fen for all months from `from_month` to `to_month` together."""

    row_number: int
    account_no: str
    from_month: int
    to_month: int
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Credited:
    """What a posting did: the lines it wrote, by serial number, how many people it credited, and fen in all."""

    lines: Lines

    @property
    def count(self) -> int:
        return len(self.lines.serial_no)

    @property
    def people(self) -> int:
        return len(set(self.lines.account_no))

    @property
    def credited_fen(self) -> int:
        return sum(self.lines.credit_fen)


def _crediting(due: str) -> TextClause:
    """Writes a ledger line for each row of the SELECT `due (account_no, place, amount_fen, base_fen, from_month,
    to_month)`, in the order of `place`, so that each person's serial numbers rise with time; a base of NULL means
    the account's own. The caller holds the employer, and with it every account: nobody else moves their balances."""
    return text(
        f"""
    WITH due AS ({due}), running AS MATERIALIZED (
        SELECT *, (sum(amount_fen) OVER person)::bigint AS so_far_fen,
            max(to_month) OVER person AS through_month,
            lead(place) OVER person IS NULL AS is_last
        FROM due WINDOW person AS (PARTITION BY account_no ORDER BY place ROWS UNBOUNDED PRECEDING)
    ), moved AS (
        UPDATE account_fund f SET
            {moved("c.so_far_fen")},
            base_fen = coalesce(c.base_fen, f.base_fen),
            paid_through_month = greatest(f.paid_through_month, c.through_month)
        FROM running c WHERE c.is_last AND f.account_no = c.account_no AND f.employer_no = :employer_no
        RETURNING f.account_no, f.balance_fen - c.so_far_fen AS before_fen, f.base_fen,
            f.paid_through_month, f.product_through > :posted_on AS recount
    ), lines AS (
        INSERT INTO ledger_line (account_no, employer_no, registration_no, posted_on, business_kind,
            transaction_type, summary, credit_fen, balance_after_fen, base_fen, from_month, to_month)
        SELECT account_no, :employer_no, :registration_no, :posted_on, :business_kind,
            :transaction_type, :summary, r.amount_fen, moved.before_fen + r.so_far_fen,
            coalesce(r.base_fen, moved.base_fen), r.from_month, r.to_month
        FROM running r JOIN moved USING (account_no)
        ORDER BY r.place, account_no
        RETURNING serial_no, account_no, credit_fen, balance_after_fen, base_fen, from_month, to_month
    )
    SELECT l.*, moved.paid_through_month, moved.recount
    FROM lines l JOIN moved USING (account_no) ORDER BY l.serial_no
    """  # noqa: S608  # joined from constants of this package
    )


# Of a plain BETWEEN the planner expects a ninth of the rows, and looks ten thousand accounts up one by one; of an
# expression that it cannot judge it expects half, and reads the employer's accounts at once. Where no months are given
# they are NULL.
_CREDIT_MONTHS = _crediting(
    """
        SELECT d.account_no, m.month AS place, d.amount_fen, d.base_fen,
            m.month AS from_month, m.month AS to_month
        FROM unnest(:accounts ::text[], :from_months ::int[], :to_months ::int[], :amounts ::bigint[],
                    :bases ::bigint[])
             AS d(account_no, from_month, to_month, amount_fen, base_fen)
        CROSS JOIN unnest(:months ::int[]) AS m(month)
        WHERE coalesce(m.month BETWEEN d.from_month AND d.to_month, true)"""
)

_CREDIT_ROWS = _crediting(
    """
        SELECT account_no, place, amount_fen, NULL::bigint AS base_fen, from_month, to_month
        FROM unnest(:accounts ::text[], :places ::int[], :from_months ::int[], :to_months ::int[],
                    :amounts ::bigint[])
             AS d(account_no, place, from_month, to_month, amount_fen)"""
)


def credit_months(
    connection: Connection, posting: Posting, due: DueMonths, *, months: Sequence[int]
) -> Credited:
    """Credit each person with each due month; balances, months and daily products move along."""
    return _credit(
        connection,
        posting,
        _CREDIT_MONTHS,
        accounts=due.account_nos,
        from_months=due.from_months,
        to_months=due.to_months,
        amounts=due.monthly_fen,
        bases=due.bases_fen,
        months=list(months),
    )


def credit_rows(
    connection: Connection, posting: Posting, rows: Sequence[BackPaymentRow]
) -> Credited:
    """Credit each row as one line over all its months; balances, months and daily products move along."""
    return _credit(
        connection,
        posting,
        _CREDIT_ROWS,
        accounts=[each.account_no for each in rows],
        places=[each.row_number for each in rows],
        from_months=[each.from_month for each in rows],
        to_months=[each.to_month for each in rows],
        amounts=[each.amount_fen for each in rows],
    )


def _credit(
    connection: Connection, posting: Posting, statement: TextClause, **due: Any
) -> Credited:
    rows = connection.execute(statement, {**due, **posting._asdict()}).all()
    *columns, recounts = zip(*rows, strict=True) if rows else ((), ())
    lines = Lines(posting, *columns)
    recount(connection, list(compress(lines.account_no, recounts)))
    return Credited(lines)
