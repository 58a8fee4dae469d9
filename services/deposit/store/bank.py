"""Payments that the bank reported, and where those lie that nobody could be credited with."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date

from sqlalchemy import Connection, delete, func, insert, select, text, tuple_
from sqlalchemy.dialects.postgresql import insert as pg_insert

from services.deposit.domain.chart import BANK
from services.deposit.models import allocation, bank_payment, unallocated_payment


@dataclass(frozen=True, slots=True)
class BankPayment:
    """A payment that the bank reported, in fen; `employer_no` is what the payer stated."""

    bank_reference: str
    employer_no: str
    amount_fen: int
    value_date: date
    payer_name: str
    registration_no: str
    booked_on: date


@dataclass(frozen=True, slots=True)
class Unallocated:
    """A payment whose money waits for staff: since when and why, with the registration number of its booking."""

    payment: BankPayment
    reason: str
    since: date


def claim_bank_payment(connection: Connection, payment: BankPayment) -> BankPayment | None:
    """Write the payment unless its reference is known, in whatever case; then return what is known of it."""
    written = connection.execute(
        pg_insert(bank_payment)
        .values(**asdict(payment))
        .on_conflict_do_nothing()
        .returning(bank_payment.c.bank_reference)
    ).first()
    if written is not None:
        return None
    return find_bank_payment(connection, payment.bank_reference)


def find_bank_payment(connection: Connection, bank_reference: str) -> BankPayment | None:
    """What is known of a reference, in whatever case it was written."""
    known = func.upper(bank_payment.c.bank_reference) == func.upper(bank_reference)
    row = connection.execute(select(bank_payment).where(known)).one_or_none()
    return None if row is None else BankPayment(**row._mapping)


def load_bank_payment(connection: Connection, bank_reference: str) -> BankPayment | None:
    row = connection.execute(
        select(bank_payment).where(bank_payment.c.bank_reference == bank_reference)
    ).one_or_none()
    return None if row is None else BankPayment(**row._mapping)


# ---------------------------------------------------------------- unallocated


def add_unallocated(
    connection: Connection, bank_reference: str, *, amount_fen: int, reason: str, since: date
) -> None:
    """The payment's money lies in the unallocated account from now on."""
    connection.execute(
        insert(unallocated_payment).values(
            bank_reference=bank_reference, amount_fen=amount_fen, reason=reason, since=since
        )
    )


def take_unallocated(connection: Connection, bank_reference: str) -> bool:
    """The payment's money leaves the unallocated account; False when it does not lie there."""
    taken = connection.execute(
        delete(unallocated_payment).where(unallocated_payment.c.bank_reference == bank_reference)
    )
    return bool(taken.rowcount)


def add_allocation(connection: Connection, bank_reference: str, *, registration_no: str) -> None:
    connection.execute(
        insert(allocation).values(bank_reference=bank_reference, registration_no=registration_no)
    )


def is_allocation(connection: Connection, registration_no: str) -> bool:
    """Whether a business allocated a payment that had waited."""
    query = select(allocation.c.bank_reference).where(
        allocation.c.registration_no == registration_no
    )
    return connection.execute(query).first() is not None


def page_of_unallocated(
    connection: Connection, *, after: tuple[date, str] | None, limit: int
) -> list[Unallocated]:
    """Payments that wait, oldest first."""
    waiting = unallocated_payment.c
    query = select(bank_payment, waiting.reason, waiting.since).join(
        unallocated_payment, waiting.bank_reference == bank_payment.c.bank_reference
    )
    if after is not None:
        query = query.where(tuple_(waiting.since, waiting.bank_reference) > after)
    rows = connection.execute(query.order_by(waiting.since, waiting.bank_reference).limit(limit))
    return [Unallocated(BankPayment(*row[:-2]), row.reason, row.since) for row in rows]


def unallocated_total_fen(connection: Connection) -> int:
    query = select(func.coalesce(func.sum(unallocated_payment.c.amount_fen), 0))
    return int(connection.execute(query).scalar_one())


# ---------------------------------------------------------------- reconciliation


def payments_of_day(connection: Connection, value_date: date) -> dict[str, int]:
    """Bank reference → fen of every payment of a value date that stands, wherever its money lies now."""
    rows = connection.execute(
        text(
            """
            SELECT p.bank_reference, p.amount_fen FROM bank_payment p
            WHERE p.value_date = :day AND (
                SELECT sum(l.amount_fen) FROM journal_leg l JOIN journal_entry e USING (entry_no)
                WHERE l.account_code = :bank AND e.bank_reference = p.bank_reference) > 0
            """
        ),
        {"day": value_date, "bank": BANK},
    )
    return {row.bank_reference: row.amount_fen for row in rows}
