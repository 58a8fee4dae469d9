"""Tables of the bank's side: payments that came in, and those that nobody could be credited with yet."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

from services.deposit.models.base import metadata

#: Payments the bank reported, each once. `employer_no` is what the payer stated, right or wrong.
bank_payment = Table(
    "bank_payment",
    metadata,
    Column("bank_reference", Text, nullable=False),
    Column("employer_no", Text, nullable=False),
    Column("amount_fen", BigInteger, nullable=False),
    Column("value_date", Date, nullable=False),
    Column("payer_name", Text, nullable=False),
    Column("registration_no", Text, nullable=False),
    PrimaryKeyConstraint("bank_reference"),
    UniqueConstraint("registration_no"),
    CheckConstraint("amount_fen > 0", name="amount_positive"),
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
