"""The double-entry journal and the employer's statement: both only grow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date

from hpf.common.v1 import business_pb2
from sqlalchemy import Connection, insert, select

from services.deposit.domain import chart
from services.deposit.domain.chart import Leg
from services.deposit.domain.codes import NORMAL
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
    transaction_type: str = NORMAL


def add_entry(
    connection: Connection,
    legs: Sequence[Leg],
    *,
    registration_no: str,
    posted_on: date,
    memo: str,
    transaction_type: str = NORMAL,
    corrects_entry_no: int | None = None,
    bank_reference: str = "",
) -> int:
    """Write one entry; the database refuses it at commit when its legs do not sum to zero."""
    entry_no: int = connection.execute(
        insert(journal_entry)
        .values(
            registration_no=registration_no,
            posted_on=posted_on,
            memo=memo,
            transaction_type=transaction_type,
            corrects_entry_no=corrects_entry_no,
            bank_reference=bank_reference,
        )
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


def mirror_entry(
    connection: Connection,
    reversed_registration_no: str,
    *,
    registration_no: str,
    posted_on: date,
    transaction_type: str,
) -> int:
    """Take back the entry of a business by its mirror, which names it; the store refuses to do so twice."""
    found = connection.execute(
        select(journal_entry.c.entry_no, journal_entry.c.bank_reference).where(
            journal_entry.c.registration_no == reversed_registration_no,
            journal_entry.c.corrects_entry_no.is_(None),
        )
    ).one()
    leg = journal_leg.c
    rows = connection.execute(
        select(leg.account_code, leg.employer_no, leg.amount_fen)
        .where(leg.entry_no == found.entry_no)
        .order_by(leg.leg)
    )
    return add_entry(
        connection,
        chart.mirrored([Leg(*row) for row in rows]),
        registration_no=registration_no,
        posted_on=posted_on,
        memo="reversal",
        transaction_type=transaction_type,
        corrects_entry_no=found.entry_no,
        bank_reference=found.bank_reference,
    )


def has_entry_of_its_own(connection: Connection, registration_no: str) -> bool:
    """Whether a business wrote an entry that corrects no other."""
    query = select(journal_entry.c.entry_no).where(
        journal_entry.c.registration_no == registration_no,
        journal_entry.c.corrects_entry_no.is_(None),
    )
    return connection.execute(query).first() is not None


def bank_reference_of(connection: Connection, registration_no: str) -> str:
    """The payment of the bank that a business booked or allocated."""
    reference: str = connection.execute(
        select(journal_entry.c.bank_reference).where(
            journal_entry.c.registration_no == registration_no,
            journal_entry.c.corrects_entry_no.is_(None),
        )
    ).scalar_one()
    return reference


def add_statement(connection: Connection, statement: Statement) -> int:
    """Write one statement line; returns its number."""
    number: int = connection.execute(
        insert(statement_line).values(**asdict(statement)).returning(statement_line.c.statement_no)
    ).scalar_one()
    return number
