"""Credits on the personal ledger: a whole employer's months are a handful of statements, not a loop over people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, TextClause, text

from services.deposit.domain.codes import NORMAL
from services.deposit.store.ledger import Line
from services.deposit.store.product import moved, recount


class Due(NamedTuple):
    """One person's monthly amount from `from_month` to `to_month` (YYYYMM, both included), in fen."""

    account_no: str
    from_month: int
    to_month: int
    monthly_fen: int
    base_fen: int


@dataclass(frozen=True, slots=True)
class BackPaymentRow:
    """One row of a back payment: an amount in fen for all months from `from_month` to `to_month` together."""

    row_number: int
    account_no: str
    from_month: int
    to_month: int
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Posting:
    """What all lines of one business have in common."""

    registration_no: str
    employer_no: str
    posted_on: date
    business_kind: str
    summary: str


@dataclass(frozen=True, slots=True)
class Credited:
    """What a posting did: the lines it wrote, by serial number, how many people it credited, and fen in all."""

    lines: Sequence[Line]
    people: int
    credited_fen: int


def _crediting(due: str) -> TextClause:
    """Writes a ledger line for each row of the SELECT `due (account_no, place, amount_fen, base_fen, from_month,
    to_month)`, in the order of `place`, so that each person's serial numbers rise with time; a base of NULL means
    the account's own. The caller holds the employer, and with it every account: nobody else moves their balances."""
    return text(
        f"""
    WITH due AS MATERIALIZED ({due}), credit AS (
        SELECT account_no, sum(amount_fen)::bigint AS amount_fen, max(to_month) AS to_month,
            (array_agg(base_fen ORDER BY to_month DESC))[1] AS base_fen
        FROM due GROUP BY account_no
    ), moved AS (
        UPDATE account_fund f SET
            {moved("c.amount_fen")},
            base_fen = coalesce(c.base_fen, f.base_fen),
            paid_through_month = greatest(f.paid_through_month, c.to_month)
        FROM credit c WHERE f.account_no = c.account_no AND f.employer_no = :employer_no
        RETURNING f.account_no, f.balance_fen - c.amount_fen AS before_fen, f.base_fen,
            f.paid_through_month, f.product_through > :posted_on AS recount
    ), lines AS (
        INSERT INTO ledger_line (account_no, employer_no, registration_no, posted_on, business_kind,
            transaction_type, summary, credit_fen, balance_after_fen, base_fen, from_month, to_month)
        SELECT due.account_no, :employer_no, :registration_no, :posted_on, :business_kind,
            :transaction_type, :summary, due.amount_fen,
            moved.before_fen + sum(due.amount_fen) OVER (PARTITION BY due.account_no ORDER BY due.place),
            coalesce(due.base_fen, moved.base_fen), due.from_month, due.to_month
        FROM due JOIN moved USING (account_no)
        ORDER BY due.place, due.account_no
        RETURNING serial_no, account_no, credit_fen, balance_after_fen, base_fen, from_month, to_month
    )
    SELECT l.*, moved.paid_through_month, moved.recount
    FROM lines l JOIN moved USING (account_no) ORDER BY l.serial_no
    """  # noqa: S608  # joined from constants of this package
    )


_CREDIT_MONTHS = _crediting(
    """
        SELECT d.account_no, m.month AS place, d.amount_fen, d.base_fen,
            m.month AS from_month, m.month AS to_month
        FROM unnest(:accounts ::text[], :from_months ::int[], :to_months ::int[], :amounts ::bigint[],
                    :bases ::bigint[])
             AS d(account_no, from_month, to_month, amount_fen, base_fen)
        JOIN unnest(:months ::int[]) AS m(month) ON m.month BETWEEN d.from_month AND d.to_month"""
)

_CREDIT_ROWS = _crediting(
    """
        SELECT account_no, place, amount_fen, NULL::bigint AS base_fen, from_month, to_month
        FROM unnest(:accounts ::text[], :places ::int[], :from_months ::int[], :to_months ::int[],
                    :amounts ::bigint[])
             AS d(account_no, place, from_month, to_month, amount_fen)"""
)


def credit_months(
    connection: Connection, posting: Posting, due: Sequence[Due], *, months: Sequence[int]
) -> Credited:
    """Credit each person with each due month; balances, months and daily products move along."""
    return _credit(
        connection,
        posting,
        _CREDIT_MONTHS,
        accounts=[each.account_no for each in due],
        from_months=[each.from_month for each in due],
        to_months=[each.to_month for each in due],
        amounts=[each.monthly_fen for each in due],
        bases=[each.base_fen for each in due],
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
    connection: Connection, posting: Posting, statement: TextClause, **columns: Any
) -> Credited:
    rows = connection.execute(
        statement,
        {
            **columns,
            "employer_no": posting.employer_no,
            "registration_no": posting.registration_no,
            "posted_on": posting.posted_on,
            "business_kind": posting.business_kind,
            "transaction_type": NORMAL,
            "summary": posting.summary,
        },
    ).all()
    lines = _lines(posting, rows)
    recount(connection, [line.account_no for line, row in zip(lines, rows, strict=True) if row[-1]])
    return Credited(
        lines=lines,
        people=len({line.account_no for line in lines}),
        credited_fen=sum(line.credit_fen for line in lines),
    )


def _lines(posting: Posting, rows: Sequence[Sequence[Any]]) -> list[Line]:
    """Only what differs from line to line comes back from the database: each value costs time to read."""
    return [
        Line(
            serial_no,
            account_no,
            posting.employer_no,
            posting.posted_on,
            posting.business_kind,
            NORMAL,
            posting.summary,
            0,
            credit_fen,
            balance_after_fen,
            base_fen,
            from_month,
            to_month,
            posting.registration_no,
            paid_through_month,
            None,
        )
        for serial_no, account_no, credit_fen, balance_after_fen, base_fen, from_month, to_month, paid_through_month, _ in rows
    ]
