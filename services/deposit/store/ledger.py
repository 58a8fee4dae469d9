"""The personal ledger as it was written: the lines of a business, read back for its events."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection, select

from services.deposit.models import account_fund, ledger_line


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
