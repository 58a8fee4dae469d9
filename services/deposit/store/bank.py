"""Payments that the bank reported."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert as pg_insert

from services.deposit.models import bank_payment


@dataclass(frozen=True, slots=True)
class BankPayment:
    """A payment that the bank reported, in fen; `employer_no` is what the payer stated."""

    bank_reference: str
    employer_no: str
    amount_fen: int
    value_date: date
    payer_name: str
    registration_no: str


def claim_bank_payment(connection: Connection, payment: BankPayment) -> BankPayment | None:
    """Write the payment unless its reference is known; then return what is known of it."""
    written = connection.execute(
        pg_insert(bank_payment)
        .values(**asdict(payment))
        .on_conflict_do_nothing(index_elements=[bank_payment.c.bank_reference])
        .returning(bank_payment.c.bank_reference)
    ).first()
    return None if written is not None else load_bank_payment(connection, payment.bank_reference)


def load_bank_payment(connection: Connection, bank_reference: str) -> BankPayment | None:
    row = connection.execute(
        select(bank_payment).where(bank_payment.c.bank_reference == bank_reference)
    ).one_or_none()
    return None if row is None else BankPayment(**row._mapping)
