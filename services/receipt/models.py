"""Tables of documents: the facts of each (sealed), its state, every print that was made; and what events have told of
employers and people, for the documents that must name them (`employer`, `account`)."""

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
    Sequence,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from services.kit import jobs, tables
from services.kit.grants import Store
from services.kit.replays import tables as replays
from services.kit.tables import NAMING
from services.receipt.domain import State

metadata = MetaData(naming_convention=NAMING)

#: One document: the receipt or voucher of a business, or a certificate. `print_count` counts downloads: each has been
#: given out once. `registration_no` is the business's; a certificate has its own number there.
receipt = Table(
    "receipt",
    metadata,
    Column("document_no", Text, nullable=False),
    Column("paper", Integer, nullable=False),
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
    PrimaryKeyConstraint("document_no"),
    UniqueConstraint("verification_index"),
    Index("ix_receipt_list", "employer_no", "posted_at", "document_no"),
    Index("ix_receipt_business", "registration_no"),
    Index(
        "ix_receipt_failed",
        "posted_at",
        "document_no",
        postgresql_where=text(f"state = {State.FAILED.value}"),
    ),
)

#: A rendered file; `given_to` is the session's principal that took it, and when.
receipt_print = Table(
    "receipt_print",
    metadata,
    Column("document_no", Text, nullable=False),
    Column("print_no", Integer, nullable=False),
    Column("blob", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("page_count", Integer, nullable=False),
    Column("rendered_at", DateTime(timezone=True), nullable=False),
    Column("given_at", DateTime(timezone=True)),
    Column("given_to", Text, nullable=False, server_default=text("''")),
    PrimaryKeyConstraint("document_no", "print_no"),
    ForeignKeyConstraint(["document_no"], ["receipt.document_no"]),
    # A file is recognised by its digest.
    Index("ix_receipt_print_sha256", "sha256"),
)

#: Businesses that were taken back. May be known before the business itself: owners' events come in their own order.
reversed_business = Table(
    "reversed_business",
    metadata,
    Column("registration_no", Text, nullable=False),
    Column("reversed_by", Text, nullable=False),
    PrimaryKeyConstraint("registration_no"),
)

#: Serial numbers of certificates.
certificate_number = Sequence("certificate_number", metadata=metadata)

#: An employer as the last event told. `told_at` is of collection's, `money_at` of deposit's; either may come first.
employer = Table(
    "employer",
    metadata,
    Column("employer_no", Text, nullable=False),
    Column("name", Text, nullable=False, server_default=text("''")),
    Column("branch_name", Text, nullable=False, server_default=text("''")),
    Column("agent_name", Text, nullable=False, server_default=text("''")),
    Column("status", Text, nullable=False, server_default=text("''")),
    Column("opened_on", Text, nullable=False, server_default=text("''")),
    Column("first_month", Integer, nullable=False, server_default=text("0")),
    Column("paid_through_month", Integer, nullable=False, server_default=text("0")),
    Column("employer_rate_min", Integer, nullable=False, server_default=text("0")),
    Column("employer_rate_max", Integer, nullable=False, server_default=text("0")),
    Column("employee_rate_min", Integer, nullable=False, server_default=text("0")),
    Column("employee_rate_max", Integer, nullable=False, server_default=text("0")),
    Column("told_at", DateTime(timezone=True)),
    Column("balance_fen", BigInteger, nullable=False, server_default=text("0")),
    Column("money_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("employer_no"),
)

#: The last event of each owner about an employer that came here, of interest or not.
heard_version = Table(
    "heard_version",
    metadata,
    Column("owner", Text, nullable=False),
    Column("employer_no", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
    PrimaryKeyConstraint("owner", "employer_no"),
)

#: A person's account as collection's state with the highest revision tells; in no employer ('') between two of them.
account = Table(
    "account",
    metadata,
    Column("account_no", Text, nullable=False),
    Column("employer_no", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("id_number_sealed", LargeBinary, nullable=False),
    Column("revision", BigInteger, nullable=False),
    PrimaryKeyConstraint("account_no"),
    Index("ix_account_employer", "employer_no", "status"),
)

#: The register and the reversals are copies, switched to in whole; documents are more than that (`replay`).
STORE = Store(
    metadata=(tables.metadata, jobs.metadata, replays.metadata, metadata),
    switched=(heard_version, employer, account, reversed_business),
    beside_only=(receipt,),
)
