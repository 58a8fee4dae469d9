"""Tables of receipts: the facts of each (sealed), its state, and every print that was made."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from services.kit.tables import NAMING
from services.receipt.domain import State

metadata = MetaData(naming_convention=NAMING)

#: One document of a posted business. `print_count` counts downloads: each has been given out once.
receipt = Table(
    "receipt",
    metadata,
    Column("registration_no", Text, nullable=False),
    Column("employer_no", Text, nullable=False),
    Column("kind", Integer, nullable=False),
    Column("title", Text, nullable=False),
    Column("business_date", Date, nullable=False),
    Column("posted_at", DateTime(timezone=True), nullable=False),
    Column("facts_sealed", LargeBinary, nullable=False),
    # Finds the document that a verification code stands on, without keeping the code.
    Column("verification_index", LargeBinary, nullable=False),
    Column("state", Integer, nullable=False),
    Column("failure", Text, nullable=False, server_default=text("''")),
    Column("print_count", Integer, nullable=False, server_default=text("0")),
    PrimaryKeyConstraint("registration_no"),
    UniqueConstraint("verification_index"),
    Index("ix_receipt_list", "employer_no", "posted_at", "registration_no"),
    Index(
        "ix_receipt_failed",
        "posted_at",
        "registration_no",
        postgresql_where=text(f"state = {State.FAILED.value}"),
    ),
)

#: A rendered file; `given_to` is the session's principal that took it, and when.
receipt_print = Table(
    "receipt_print",
    metadata,
    Column("registration_no", Text, nullable=False),
    Column("print_no", Integer, nullable=False),
    Column("blob", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("page_count", Integer, nullable=False),
    Column("rendered_at", DateTime(timezone=True), nullable=False),
    Column("given_at", DateTime(timezone=True)),
    Column("given_to", Text, nullable=False, server_default=text("''")),
    PrimaryKeyConstraint("registration_no", "print_no"),
    ForeignKeyConstraint(["registration_no"], ["receipt.registration_no"]),
)
