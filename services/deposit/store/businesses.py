"""Accepted businesses of deposit: registration numbers, states, saga steps, bank payments."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert

from services.deposit.models import bank_payment, business, registration_sequence

# The service's digit keeps numbers of collection and deposit apart.
_SERVICE_DIGIT = "2"


@dataclass(frozen=True, slots=True)
class Business:
    """One accepted business; `rejection` and `consistency` are serialized messages."""

    registration_no: str
    kind: int
    employer_no: str
    state: int
    step: str
    business_date: date
    to_month: int
    headcount: int
    amount_fen: int
    rejection: bytes | None
    consistency: bytes | None
    submitted_by: str
    submitted_at: datetime
    asked_at: datetime
    finished: bool


@dataclass(frozen=True, slots=True)
class BankPayment:
    """A payment that the bank reported, in fen."""

    bank_reference: str
    employer_no: str
    amount_fen: int
    value_date: date
    payer_name: str
    registration_no: str


def next_registration_no(connection: Connection, day: date) -> str:
    """登记号: the date, the service's digit and a number that never comes twice."""
    number: int = connection.execute(registration_sequence.next_value().select()).scalar_one()
    return f"{day:%Y%m%d}{_SERVICE_DIGIT}{number:07d}"


def add_business(connection: Connection, found: Business) -> None:
    connection.execute(insert(business).values(**asdict(found)))


def load_business(connection: Connection, registration_no: str) -> Business | None:
    row = connection.execute(
        select(business).where(business.c.registration_no == registration_no)
    ).one_or_none()
    return None if row is None else Business(**row._mapping)


def lock_business(connection: Connection, registration_no: str) -> Business | None:
    """Load and hold the business until the transaction ends: its steps happen one at a time."""
    row = connection.execute(
        select(business).where(business.c.registration_no == registration_no).with_for_update()
    ).one_or_none()
    return None if row is None else Business(**row._mapping)


def update_business(connection: Connection, registration_no: str, **values: object) -> None:
    connection.execute(
        update(business).where(business.c.registration_no == registration_no).values(**values)
    )


def waiting_since(connection: Connection, moment: datetime, *, limit: int) -> list[Business]:
    """Unfinished businesses whose last question is older than `moment`, oldest first, held for us."""
    rows = connection.execute(
        select(business)
        .where(~business.c.finished, business.c.asked_at < moment)
        .order_by(business.c.asked_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return [Business(**row._mapping) for row in rows]


def claim_bank_payment(connection: Connection, payment: BankPayment) -> BankPayment | None:
    """Write the payment unless its reference is known; then return what is known of it."""
    written = connection.execute(
        pg_insert(bank_payment)
        .values(**asdict(payment))
        .on_conflict_do_nothing(index_elements=[bank_payment.c.bank_reference])
        .returning(bank_payment.c.bank_reference)
    ).first()
    if written is not None:
        return None
    row = connection.execute(
        select(bank_payment).where(bank_payment.c.bank_reference == payment.bank_reference)
    ).one()
    return BankPayment(**row._mapping)
