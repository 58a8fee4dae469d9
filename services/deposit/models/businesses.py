"""Accepted businesses with the step a saga has reached, and what their steps need to remember."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)

from services.deposit.models.base import metadata
from services.kit.rights import only_grows

#: Accepted businesses by registration number. A reversal names what it reverses, once it is posted the other too.
business = Table(
    "business",
    metadata,
    Column("registration_no", Text, nullable=False),
    Column("kind", Integer, nullable=False),
    Column("employer_no", Text, nullable=False),
    Column("state", Integer, nullable=False),
    Column("step", Text, nullable=False, server_default=text("''")),
    Column("business_date", Date, nullable=False),
    Column("from_month", Integer, nullable=False, server_default=text("0")),
    Column("to_month", Integer, nullable=False, server_default=text("0")),
    Column("headcount", Integer, nullable=False, server_default=text("0")),
    Column("amount_fen", BigInteger, nullable=False, server_default=text("0")),
    Column("reverses", Text),
    Column("reversed_by", Text),
    Column("reason", Text, nullable=False, server_default=text("''")),
    Column("rejection", LargeBinary),
    Column("consistency", LargeBinary),
    Column("submitted_by", Text, nullable=False),
    Column("submitted_at", DateTime(timezone=True), nullable=False),
    Column("certificate", Text, nullable=False, server_default=text("''")),
    Column("approved_certificate", Text, nullable=False, server_default=text("''")),
    Column("request_ref", Text, nullable=False, server_default=text("''")),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    Column("finished", Boolean, nullable=False, server_default=text("false")),
    PrimaryKeyConstraint("registration_no"),
    Index("ix_business_employer", "employer_no", "registration_no"),
    Index("ix_business_unfinished", "asked_at", postgresql_where=text("NOT finished")),
)

#: 补缴类型 of each back payment.
back_payment = Table(
    "back_payment",
    metadata,
    Column("registration_no", Text, nullable=False),
    Column("kind", Integer, nullable=False),
    PrimaryKeyConstraint("registration_no"),
    info=only_grows(),
)

#: Rows of a back payment (manual §6.2), kept from its submission to its outcome and for ever.
back_payment_row = Table(
    "back_payment_row",
    metadata,
    Column("registration_no", Text, nullable=False),
    Column("row_number", Integer, nullable=False),
    Column("account_no", Text, nullable=False),
    Column("from_month", Integer, nullable=False),
    Column("to_month", Integer, nullable=False),
    Column("amount_fen", BigInteger, nullable=False),
    PrimaryKeyConstraint("registration_no", "row_number"),
    info=only_grows(),
)

#: What deposit answered to a question of another owner's business, so that a question asked twice gets one answer.
given_answer = Table(
    "given_answer",
    metadata,
    Column("registration_no", Text, nullable=False),
    Column("employer_no", Text, nullable=False),
    Column("answer", LargeBinary, nullable=False),
    PrimaryKeyConstraint("registration_no"),
)
