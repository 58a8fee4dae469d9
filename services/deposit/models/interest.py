"""Tables of the annual interest: the rate by date, the runs, and what each employer's people got in a run."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Identity,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)

from services.deposit.models.base import metadata

#: Policy: the yearly rate in basis points (150 is 1.50 %) from a day on.
interest_rate = Table(
    "interest_rate",
    metadata,
    Column("valid_from", Date, nullable=False),
    Column("rate_bp", Integer, nullable=False),
    Column("set_by", Text, nullable=False),
    PrimaryKeyConstraint("valid_from"),
    CheckConstraint("rate_bp BETWEEN 0 AND 1000", name="rate_is_a_share"),
)

#: One run over the whole city; at most one a fund year that is not a trial.
interest_run = Table(
    "interest_run",
    metadata,
    Column("run_no", BigInteger, Identity(always=True), nullable=False),
    Column("fund_year", Integer, nullable=False),
    Column("trial", Boolean, nullable=False),
    Column("rate_bp", Integer, nullable=False),
    Column("employers", Integer, nullable=False),
    # Employers up to this number are done.
    Column("cursor", Text, nullable=False, server_default=text("''")),
    Column("started_by", Text, nullable=False),
    Column("started_at", DateTime(timezone=True), nullable=False),
    Column("finished_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("run_no"),
    Index(
        "uq_interest_run_fund_year",
        "fund_year",
        unique=True,
        postgresql_where=text("NOT trial"),
    ),
)

#: What a run came to for one employer; `mismatches` counts accounts whose kept product is not the ledger's. A run that
#: posts leaves such an employer out.
interest_share = Table(
    "interest_share",
    metadata,
    Column("run_no", BigInteger, nullable=False),
    Column("employer_no", Text, nullable=False),
    Column("registration_no", Text, nullable=False, server_default=text("''")),
    Column("accounts", Integer, nullable=False),
    Column("product_yuan_days", BigInteger, nullable=False),
    Column("amount_fen", BigInteger, nullable=False),
    Column("mismatches", Integer, nullable=False, server_default=text("0")),
    PrimaryKeyConstraint("run_no", "employer_no"),
)
