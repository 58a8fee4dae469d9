"""The double-entry journal and the employer's statement: both only grow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date

from hpf.common.v1 import business_pb2
from sqlalchemy import Connection, insert

from services.deposit.domain.chart import Leg
from services.deposit.models import journal_entry, journal_leg, statement_line


@dataclass(frozen=True, slots=True)
class Statement:
    """One line of 单位缴存明细 (manual §4.1), before it has its number. Amounts in fen."""

    employer_no: str
    registration_no: str
    posted_on: date
    kind: business_pb2.BusinessKind
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
