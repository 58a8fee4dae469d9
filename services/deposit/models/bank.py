"""Tables of the bank's side: payments that came in, and those that nobody could be credited with yet."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    Index,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from services.deposit.models.base import metadata
from services.kit.rights import only_grows

#: Bookings of payments that the bank reported: one for each reference, and one more for each that was taken back and
#: booked anew. `employer_no` is what the payer stated, right or wrong.
bank_payment = Table(
    "bank_payment",
    metadata,
    Column("bank_reference", Text, nullable=False),
    Column("employer_no", Text, nullable=False),
    Column("amount_fen", BigInteger, nullable=False),
    Column("value_date", Date, nullable=False),
    Column("payer_name", Text, nullable=False),
    Column("registration_no", Text, nullable=False),
    Column("booked_on", Date, nullable=False),
    # The booking of the same reference that this one stands for anew; empty for the first.
    Column("replaces_registration_no", Text, nullable=False, server_default=text("''")),
    PrimaryKeyConstraint("registration_no"),
    # One first booking. Two references that differ in case only are one typed twice, or two that nobody can tell apart.
    Index(
        "uq_bank_payment_reference_any_case",
        text("upper(bank_reference)"),
        "replaces_registration_no",
        unique=True,
    ),
    Index(
        "uq_bank_payment_replaces",
        "replaces_registration_no",
        unique=True,
        postgresql_where=text("replaces_registration_no <> ''"),
    ),
    Index("ix_bank_payment_value_date", "value_date"),
    CheckConstraint("amount_fen > 0", name="amount_positive"),
    info=only_grows(),
)

#: Which reversal took a payment's money off the centre's account again, with the value date of that; once a booking.
bank_recall = Table(
    "bank_recall",
    metadata,
    Column("registration_no", Text, nullable=False),
    Column("payment_registration_no", Text, nullable=False),
    Column("value_date", Date, nullable=False),
    PrimaryKeyConstraint("registration_no"),
    UniqueConstraint("payment_registration_no"),
    Index("ix_bank_recall_value_date", "value_date"),
    info=only_grows(),
)

#: Which payment staff allocated with which business; a payment that was taken back may be allocated again.
allocation = Table(
    "allocation",
    metadata,
    Column("registration_no", Text, nullable=False),
    Column("bank_reference", Text, nullable=False),
    PrimaryKeyConstraint("registration_no"),
    Index("ix_allocation_bank_reference", "bank_reference"),
    info=only_grows(),
)

#: Payments whose money lies in the unallocated account now; a row goes when staff allocate it.
unallocated_payment = Table(
    "unallocated_payment",
    metadata,
    Column("bank_reference", Text, nullable=False),
    Column("amount_fen", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("since", Date, nullable=False),
    PrimaryKeyConstraint("bank_reference"),
    CheckConstraint("amount_fen > 0", name="amount_positive"),
)
