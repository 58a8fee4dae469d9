"""The double-entry journal, the employer's statement and the months that were remitted: all of them only grow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date

from sqlalchemy import Connection, insert, select

from services.deposit.domain.chart import Leg
from services.deposit.models import journal_entry, journal_leg, remitted_month, statement_line


@dataclass(frozen=True, slots=True)
class Statement:
    """One line of 单位缴存明细 (manual §4.1), before it has its number. Amounts in fen."""

    employer_no: str
    registration_no: str
    posted_on: date
    kind: int
    summary: str
    headcount: int
    amount_fen: int
    suspense_after_fen: int
    balance_after_fen: int
    suspense_out_fen: int = 0
    suspense_in_fen: int = 0
    from_month: int = 0
    to_month: int = 0
    transaction_type: str = "0"


def add_entry(
    connection: Connection,
    legs: Sequence[Leg],
    *,
    registration_no: str,
    posted_on: date,
    memo: str,
) -> int:
    """Write one entry; the database refuses it at commit when its legs do not sum to zero."""
    entry_no: int = connection.execute(
        insert(journal_entry)
        .values(registration_no=registration_no, posted_on=posted_on, memo=memo)
        .returning(journal_entry.c.entry_no)
    ).scalar_one()
    connection.execute(
        insert(journal_leg),
        [
            {
                "entry_no": entry_no,
                "leg": number,
                "account_code": leg.account_code,
                "employer_no": leg.employer_no,
                "amount_fen": leg.amount_fen,
            }
            for number, leg in enumerate(legs, start=1)
        ],
    )
    return entry_no


def add_statement(connection: Connection, statement: Statement) -> int:
    """Write one statement line; returns its number."""
    number: int = connection.execute(
        insert(statement_line).values(**asdict(statement)).returning(statement_line.c.statement_no)
    ).scalar_one()
    return number


def add_remitted_months(
    connection: Connection, employer_no: str, months: Sequence[int], *, registration_no: str
) -> None:
    """Note months as remitted; the store refuses a month that already is."""
    connection.execute(
        insert(remitted_month),
        [
            {"employer_no": employer_no, "month": month, "registration_no": registration_no}
            for month in months
        ],
    )


def remitted_months(connection: Connection, employer_no: str, months: Sequence[int]) -> list[int]:
    """Which of `months` are remitted already."""
    rows = connection.execute(
        select(remitted_month.c.month).where(
            remitted_month.c.employer_no == employer_no, remitted_month.c.month.in_(months)
        )
    )
    return sorted(row.month for row in rows)
