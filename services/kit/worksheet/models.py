"""Tables of the worksheets in each owner's store: the draft, its rows, and what was submitted.

What people typed is personal data: it is kept sealed. Errors are kept in the clear, so their sentences quote nothing
that was typed.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    DateTime,
    ForeignKeyConstraint,
    Identity,
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
from sqlalchemy.dialects.postgresql import JSONB

from services.kit.rights import only_grows
from services.kit.tables import NAMING

metadata = MetaData(naming_convention=NAMING)

#: One draft per employer and business. Its row lock puts all changes of the draft in order.
worksheet = Table(
    "worksheet",
    metadata,
    Column("employer_no", Text, nullable=False),
    Column("business", Text, nullable=False),
    Column("revision", BigInteger, nullable=False, server_default=text("0")),
    # The revision whose rows were validated whole; another one means "not validated".
    Column("validated_revision", BigInteger, nullable=False, server_default=text("-1")),
    Column("row_count", Integer, nullable=False, server_default=text("0")),
    Column("bad_row_count", Integer, nullable=False, server_default=text("0")),
    Column("header_sealed", LargeBinary, nullable=False, server_default=text("''::bytea")),
    Column("header_errors", JSONB(none_as_null=True)),
    Column("saved_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("employer_no", "business"),
)

worksheet_row = Table(
    "worksheet_row",
    metadata,
    Column("row_id", BigInteger, Identity(always=True), nullable=False),
    Column("employer_no", Text, nullable=False),
    Column("business", Text, nullable=False),
    # Orders the rows; gaps where rows were deleted. 行号 is counted from it.
    Column("ordinal", BigInteger, nullable=False),
    Column("file_row", Integer, nullable=False, server_default=text("0")),
    Column("cells_sealed", LargeBinary, nullable=False),
    Column("errors", JSONB(none_as_null=True)),
    PrimaryKeyConstraint("row_id"),
    UniqueConstraint("employer_no", "business", "ordinal"),
    ForeignKeyConstraint(
        ["employer_no", "business"],
        ["worksheet.employer_no", "worksheet.business"],
        ondelete="CASCADE",
    ),
    Index(
        "ix_worksheet_row_bad",
        "employer_no",
        "business",
        "ordinal",
        postgresql_where=text("errors IS NOT NULL"),
    ),
)

#: Header and rows exactly as they were submitted, under the registration number of the business.
worksheet_submission = Table(
    "worksheet_submission",
    metadata,
    Column("registration_no", Text, nullable=False),
    Column("employer_no", Text, nullable=False),
    Column("business", Text, nullable=False),
    Column("row_count", Integer, nullable=False),
    Column("rows_sealed", LargeBinary, nullable=False),
    Column("submitted_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("registration_no"),
    Index("ix_worksheet_submission_employer_no", "employer_no", "business", "submitted_at"),
    info=only_grows(),
)

WORKSHEET_TABLES = (worksheet, worksheet_row, worksheet_submission)


def create_worksheet_tables(bind: Connection) -> None:
    """Create the tables above; called by a migration of every owner that has worksheets."""
    metadata.create_all(bind)
