"""The personal ledger as it was written: the lines of a business, read back for its events."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection, select

from services.deposit.domain.codes import NORMAL
from services.deposit.models import account_fund, ledger_line


class Posting(NamedTuple):
    """What the ledger lines that one business writes for an employer have in common."""

    registration_no: str
    employer_no: str
    posted_on: date
    business_kind: str
    summary: str
    transaction_type: str = NORMAL


class Line(NamedTuple):
    """A ledger line with its account's paid-through month after the business. A remittance makes one for each person:
    what they share is one object, and the rest is what a statement returns."""

    posting: Posting
    serial_no: int
    account_no: str
    credit_fen: int
    balance_after_fen: int
    base_fen: int
    from_month: int
    to_month: int
    paid_through_month: int
    debit_fen: int = 0
    corrects_serial_no: int | None = None


_SHARED = len(Posting._fields)


def lines_of(
    connection: Connection, registration_no: str, *, employer_no: str, chunk: int
) -> Iterator[list[Line]]:
    """The lines that one business wrote for an employer in the order of their serial numbers, in lists of at most `chunk`."""
    line, fund = ledger_line.c, account_fund.c
    result = connection.execute(
        select(
            line.registration_no,
            line.employer_no,
            line.posted_on,
            line.business_kind,
            line.summary,
            line.transaction_type,
            line.serial_no,
            line.account_no,
            line.credit_fen,
            line.balance_after_fen,
            line.base_fen,
            line.from_month,
            line.to_month,
            fund.paid_through_month,
            line.debit_fen,
            line.corrects_serial_no,
        )
        .join(account_fund, fund.account_no == line.account_no)
        .where(line.registration_no == registration_no, line.employer_no == employer_no)
        .order_by(line.serial_no),
        execution_options={"yield_per": chunk},
    )
    for rows in result.partitions(chunk):
        yield [Line(Posting._make(row[:_SHARED]), *row[_SHARED:]) for row in rows]
