"""The personal ledger: posting a whole employer's months is a handful of statements, not a loop over people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection, select, text

from services.deposit.domain.codes import NORMAL
from services.deposit.models import account_fund, ledger_line
from services.deposit.store.product import moved


@dataclass(frozen=True, slots=True)
class Due:
    """One person's monthly amount from `from_month` to `to_month` (YYYYMM, both included), in fen."""

    account_no: str
    from_month: int
    to_month: int
    monthly_fen: int
    base_fen: int


@dataclass(frozen=True, slots=True)
class Posting:
    """What all lines of one business have in common."""

    registration_no: str
    employer_no: str
    posted_on: date
    business_kind: str
    summary: str


# One line a month and person, in the order of months, so that each person's serial numbers rise with time.
# The balances are locked first, in one order for everybody.
_CREDIT_MONTHS = text(
    f"""
    WITH due AS (
        SELECT d.account_no, m.month, d.monthly_fen, d.base_fen
        FROM unnest(:accounts ::text[], :from_months ::int[], :to_months ::int[], :amounts ::bigint[],
                    :bases ::bigint[])
             AS d(account_no, from_month, to_month, monthly_fen, base_fen)
        JOIN unnest(:months ::int[]) AS m(month) ON m.month BETWEEN d.from_month AND d.to_month
    ), fund AS MATERIALIZED (
        SELECT account_no, balance_fen FROM account_fund
        WHERE employer_no = :employer_no AND account_no = ANY(:accounts ::text[])
        ORDER BY account_no FOR UPDATE
    ), lines AS (
        INSERT INTO ledger_line (account_no, employer_no, registration_no, posted_on, business_kind,
            transaction_type, summary, credit_fen, balance_after_fen, base_fen, from_month, to_month)
        SELECT due.account_no, :employer_no, :registration_no, :posted_on, :business_kind,
            :transaction_type, :summary, due.monthly_fen,
            fund.balance_fen + sum(due.monthly_fen) OVER (PARTITION BY due.account_no ORDER BY due.month),
            due.base_fen, due.month, due.month
        FROM due JOIN fund USING (account_no)
        ORDER BY due.month, due.account_no
        RETURNING account_no, credit_fen, base_fen, to_month
    ), credited AS (
        SELECT account_no, sum(credit_fen)::bigint AS credit_fen, max(to_month) AS to_month,
            (array_agg(base_fen ORDER BY to_month DESC))[1] AS base_fen
        FROM lines GROUP BY account_no
    ), moved AS (
        UPDATE account_fund f SET
            {moved("c.credit_fen")},
            base_fen = c.base_fen,
            paid_through_month = greatest(f.paid_through_month, c.to_month)
        FROM credited c WHERE f.account_no = c.account_no
        RETURNING c.credit_fen
    )
    SELECT (SELECT count(*) FROM lines) AS lines, count(*) AS people,
        coalesce(sum(credit_fen), 0)::bigint AS credited_fen
    FROM moved
    """  # noqa: S608  # joined from constants of this package
)


@dataclass(frozen=True, slots=True)
class Credited:
    """What a posting did: lines written, people credited, fen in all."""

    lines: int
    people: int
    credited_fen: int


def credit_months(
    connection: Connection, posting: Posting, due: Sequence[Due], *, months: Sequence[int]
) -> Credited:
    """Credit each person with each due month; balances, months and daily products move along."""
    row = connection.execute(
        _CREDIT_MONTHS,
        {
            "accounts": [each.account_no for each in due],
            "from_months": [each.from_month for each in due],
            "to_months": [each.to_month for each in due],
            "amounts": [each.monthly_fen for each in due],
            "bases": [each.base_fen for each in due],
            "months": list(months),
            "employer_no": posting.employer_no,
            "registration_no": posting.registration_no,
            "posted_on": posting.posted_on,
            "business_kind": posting.business_kind,
            "transaction_type": NORMAL,
            "summary": posting.summary,
        },
    ).one()
    return Credited(row.lines, row.people, row.credited_fen)


class Line(NamedTuple):
    """A ledger line with its account's paid-through month after the business."""

    serial_no: int
    account_no: str
    employer_no: str
    posted_on: date
    business_kind: str
    transaction_type: str
    summary: str
    debit_fen: int
    credit_fen: int
    balance_after_fen: int
    base_fen: int
    from_month: int
    to_month: int
    registration_no: str
    paid_through_month: int
    corrects_serial_no: int | None


def lines_of(
    connection: Connection, registration_no: str, *, employer_no: str, chunk: int
) -> Iterator[list[Line]]:
    """The lines that one business wrote for an employer in the order of their serial numbers, in lists of at most `chunk`."""
    line, fund = ledger_line.c, account_fund.c
    result = connection.execute(
        select(
            line.serial_no,
            line.account_no,
            line.employer_no,
            line.posted_on,
            line.business_kind,
            line.transaction_type,
            line.summary,
            line.debit_fen,
            line.credit_fen,
            line.balance_after_fen,
            line.base_fen,
            line.from_month,
            line.to_month,
            line.registration_no,
            fund.paid_through_month,
            line.corrects_serial_no,
        )
        .join(account_fund, fund.account_no == line.account_no)
        .where(line.registration_no == registration_no, line.employer_no == employer_no)
        .order_by(line.serial_no),
        execution_options={"yield_per": chunk},
    )
    for rows in result.partitions(chunk):
        yield [Line._make(row) for row in rows]
