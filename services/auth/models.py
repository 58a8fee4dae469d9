"""Tables of auth. Mobiles and names are sealed; codes and refresh tokens are digests."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    text,
)

from services.kit import tables
from services.kit.grants import Store
from services.kit.rights import changes_only, only_grows
from services.kit.tables import NAMING

metadata = MetaData(naming_convention=NAMING)

#: What collection's events say of an employer.
employer = Table(
    "employer",
    metadata,
    Column("employer_no", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("uscc", Text, nullable=False),
    Column("agent_name_sealed", LargeBinary, nullable=False),
    Column("agent_mobile_sealed", LargeBinary, nullable=False),
    Column("status", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
)

#: What staff set for an employer's submissions; without a row the hall's settings hold.
employer_access = Table(
    "employer_access",
    metadata,
    Column("employer_no", Text, primary_key=True),
    Column("approval", Text, nullable=False),
    Column("signature", Text, nullable=False),
    Column("set_by", Text, nullable=False),
    Column("set_at", DateTime(timezone=True), nullable=False),
)

#: Certificates and the employers they log in for; ended ones stay.
binding = Table(
    "binding",
    metadata,
    Column("binding_id", BigInteger, Identity(always=True), primary_key=True),
    Column("employer_no", Text, nullable=False),
    Column("authority", Text, nullable=False),
    Column("issuer", Text, nullable=False),
    Column("serial_number", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("uscc", Text, nullable=False),
    Column("not_before", DateTime(timezone=True), nullable=False),
    Column("not_after", DateTime(timezone=True), nullable=False),
    Column("bound_at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True)),
    Column("end_reason", Text, nullable=False, server_default=""),
    Column("role", Text, nullable=False),
    Column("subject_digest", Text, nullable=False),
    # Whose key it is; empty for the agent on file.
    Column("holder_name_sealed", LargeBinary, nullable=False),
    Column("holder_mobile_sealed", LargeBinary, nullable=False),
    Index(
        "uq_binding_open",
        "issuer",
        "serial_number",
        unique=True,
        postgresql_where=text("ended_at IS NULL"),
    ),
    Index("ix_binding_employer_no", "employer_no"),
    Index("ix_binding_certificate", "issuer", "serial_number"),
)

#: Logins under way; swept a day later.
login_attempt = Table(
    "login_attempt",
    metadata,
    Column("attempt_id", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("challenge", LargeBinary, nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("address", Text, nullable=False),
    Column("binding_id", BigInteger, ForeignKey("binding.binding_id")),
    Column("code_digest", LargeBinary, nullable=False),
    Column("code_expires_at", DateTime(timezone=True)),
    Column("code_sent_at", DateTime(timezone=True)),
    Column("codes_sent", Integer, nullable=False),
    Column("wrong_codes", Integer, nullable=False),
    Index("ix_login_attempt_expires_at", "expires_at"),
)

#: Codes that were ordered: for the caps of a day and the interval. Numbers as keyed index only.
sms_order = Table(
    "sms_order",
    metadata,
    Column("order_id", BigInteger, Identity(always=True), primary_key=True),
    Column("purpose", Text, nullable=False),
    Column("number_index", LargeBinary, nullable=False),
    Column("address", Text, nullable=False),
    Column("day", Date, nullable=False),
    Column("ordered_at", DateTime(timezone=True), nullable=False),
    # Sealed message until the gateway has it, then NULL: no code stays in the store.
    Column("message_sealed", LargeBinary),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("tries", Integer, nullable=False, server_default="0"),
    Index("ix_sms_order_number", "number_index", "day"),
    Index("ix_sms_order_address", "address", "day"),
    Index(
        "ix_sms_order_waiting",
        "order_id",
        postgresql_where=text("message_sealed IS NOT NULL"),
    ),
)

#: A new mobile of the agent that waits for the code sent to the old one; one an employer.
mobile_change = Table(
    "mobile_change",
    metadata,
    Column("employer_no", Text, primary_key=True),
    Column("change_no", Text, nullable=False),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    Column("code_digest", LargeBinary, nullable=False),
    Column("code_expires_at", DateTime(timezone=True)),
    Column("number_index", LargeBinary, nullable=False),
    Column("codes_sent", Integer, nullable=False),
    Column("wrong_codes", Integer, nullable=False),
)

session = Table(
    "session",
    metadata,
    Column("session_id", Text, primary_key=True),
    Column("employer_no", Text, nullable=False),
    Column("binding_id", BigInteger, ForeignKey("binding.binding_id"), nullable=False),
    Column("opened_at", DateTime(timezone=True), nullable=False),
    Column("idle_until", DateTime(timezone=True), nullable=False),
    Column("ends_at", DateTime(timezone=True), nullable=False),
    Column("refresh_digest", LargeBinary, nullable=False, unique=True),
    Column("spent_digest", LargeBinary, nullable=False),
    Column("address", Text, nullable=False),
    Column("ended_at", DateTime(timezone=True)),
    Column("end_reason", Text, nullable=False),
    Index("ix_session_binding_id", "binding_id", postgresql_where=text("ended_at IS NULL")),
    Index("ix_session_employer_no", "employer_no", postgresql_where=text("ended_at IS NULL")),
    Index("ix_session_spent_digest", "spent_digest"),
    Index("ix_session_ended_at", "ended_at", postgresql_where=text("ended_at IS NOT NULL")),
)

#: Every step of every login and every business that ended, each row chained to the one before by its hash.
audit_entry = Table(
    "audit_entry",
    metadata,
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("step", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("attempt_id", Text, nullable=False),
    Column("session_id", Text, nullable=False),
    Column("employer_no", Text, nullable=False),
    Column("certificate", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("registration_no", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Index("ix_audit_entry_employer_no", "employer_no", "position"),
    info=only_grows(),
)

#: Where the chain ends; one row.
audit_head = Table(
    "audit_head",
    metadata,
    Column("one", Boolean, CheckConstraint("one", name="single"), primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("seal", LargeBinary, nullable=False),
    info=changes_only("position", "hash", "seal"),
)

STORE = Store(metadata=(tables.metadata, metadata))
