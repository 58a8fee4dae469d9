"""Payments that the bank reported, and where those lie that nobody could be credited with."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import date

from sqlalchemy import Connection, delete, exists, func, insert, select, text, tuple_
from sqlalchemy.dialects.postgresql import insert as pg_insert

from services.deposit.domain.reconciliation import BooksOfDay
from services.deposit.models import allocation, bank_payment, bank_recall, unallocated_payment


@dataclass(frozen=True, slots=True)
class BankPayment:
    """A booking of a payment that the bank reported, in fen; `employer_no` is what the payer stated,
    `replaces_registration_no` the booking of its reference that was taken back before."""

    bank_reference: str
    employer_no: str
    amount_fen: int
    value_date: date
    payer_name: str
    registration_no: str
    booked_on: date
    replaces_registration_no: str = ""


@dataclass(frozen=True, slots=True)
class Unallocated:
    """A payment whose money waits for staff: since when and why, with the registration number of its booking."""

    payment: BankPayment
    reason: str
    since: date


_replacing = bank_payment.alias("replacing")
#: Of the bookings of a reference the last: no other stands for it anew.
_IS_LAST = ~exists().where(
    _replacing.c.replaces_registration_no == bank_payment.c.registration_no,
    _replacing.c.replaces_registration_no != "",
)


def claim_bank_payment(connection: Connection, payment: BankPayment) -> bool:
    """Write the booking; False when there is a first one of the reference, in whatever case, or another that replaces
    the same."""
    written = connection.execute(
        pg_insert(bank_payment)
        .values(**asdict(payment))
        .on_conflict_do_nothing()
        .returning(bank_payment.c.registration_no)
    ).first()
    return written is not None


def bookings_of(connection: Connection, bank_reference: str) -> list[BankPayment]:
    """Every booking of a reference, in whatever case it was written, oldest first."""
    query = (
        select(bank_payment)
        .where(func.upper(bank_payment.c.bank_reference) == func.upper(bank_reference))
        .order_by(bank_payment.c.registration_no)
    )
    return [BankPayment(**row._mapping) for row in connection.execute(query)]


def load_bank_payment(connection: Connection, bank_reference: str) -> BankPayment | None:
    """The last booking of a reference: the only one that can have money anywhere."""
    row = connection.execute(
        select(bank_payment).where(
            func.upper(bank_payment.c.bank_reference) == func.upper(bank_reference),
            bank_payment.c.bank_reference == bank_reference,
            _IS_LAST,
        )
    ).one_or_none()
    return None if row is None else BankPayment(**row._mapping)


def replacements_of(connection: Connection, registration_no: str) -> tuple[str, str]:
    """The booking that this one stands for anew, and the one that stands for this one; empty for none."""
    booking = bank_payment.c
    rows = connection.execute(
        select(booking.registration_no, booking.replaces_registration_no).where(
            (booking.registration_no == registration_no)
            | (booking.replaces_registration_no == registration_no)
        )
    ).all()
    replaces = replaced_by = ""
    for row in rows:
        if row.registration_no == registration_no:
            replaces = row.replaces_registration_no
        else:
            replaced_by = row.registration_no
    return replaces, replaced_by


def add_recall(
    connection: Connection, registration_no: str, *, payment_registration_no: str, value_date: date
) -> None:
    """A reversal has taken a booking's money off the centre's account; the store refuses to do so twice."""
    connection.execute(
        insert(bank_recall).values(
            registration_no=registration_no,
            payment_registration_no=payment_registration_no,
            value_date=value_date,
        )
    )


def is_recalled(connection: Connection, payment_registration_no: str) -> bool:
    """Whether nothing of a booking lies at the bank any more."""
    query = select(bank_recall.c.registration_no).where(
        bank_recall.c.payment_registration_no == payment_registration_no
    )
    return connection.execute(query).first() is not None


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
    query = (
        select(bank_payment, waiting.reason, waiting.since)
        .join(unallocated_payment, waiting.bank_reference == bank_payment.c.bank_reference)
        .where(_IS_LAST)
    )
    if after is not None:
        query = query.where(tuple_(waiting.since, waiting.bank_reference) > after)
    rows = connection.execute(query.order_by(waiting.since, waiting.bank_reference).limit(limit))
    return [Unallocated(BankPayment(*row[:-2]), row.reason, row.since) for row in rows]


def unallocated_total_fen(connection: Connection) -> int:
    query = select(func.coalesce(func.sum(unallocated_payment.c.amount_fen), 0))
    return int(connection.execute(query).scalar_one())


# ---------------------------------------------------------------- reconciliation


# A booking that was taken back and booked anew counts on no day, nor does its recall: both were mistakes. So is what came
# and went on one day.
_REPLACED = "SELECT 1 FROM bank_payment n WHERE n.replaces_registration_no = p.registration_no AND n.replaces_registration_no <> ''"
_OF_DAY = text(
    f"""
    SELECT p.bank_reference, p.amount_fen, true AS came
    FROM bank_payment p LEFT JOIN bank_recall r ON r.payment_registration_no = p.registration_no
    WHERE p.value_date = :day AND r.value_date IS DISTINCT FROM :day AND NOT EXISTS ({_REPLACED})
    UNION ALL
    SELECT p.bank_reference, p.amount_fen, false
    FROM bank_recall r JOIN bank_payment p ON p.registration_no = r.payment_registration_no
    WHERE r.value_date = :day AND p.value_date <> :day AND NOT EXISTS ({_REPLACED})
    """  # noqa: S608  # joined from constants of this module
)


def books_of_day(connection: Connection, value_date: date) -> BooksOfDay:
    """What the bank's file of a day should show, wherever the money lies now."""
    rows = connection.execute(_OF_DAY, {"day": value_date}).all()
    return BooksOfDay(
        came={each.bank_reference: each.amount_fen for each in rows if each.came},
        went={each.bank_reference: each.amount_fen for each in rows if not each.came},
    )


def known_references(connection: Connection, references: Collection[str]) -> set[str]:
    """Those of the references that have a booking, of whatever day."""
    rows = connection.execute(
        text(
            """
            SELECT bank_reference FROM bank_payment
            WHERE upper(bank_reference) IN (SELECT upper(r) FROM unnest(:references ::text[]) r)
            """
        ),
        {"references": list(references)},
    )
    return set(rows.scalars())
