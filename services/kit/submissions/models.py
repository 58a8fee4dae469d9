"""Tables of the submissions in each owner's store: what was signed, and what waits for approval."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Sequence,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from services.kit.rights import changes_only, only_grows
from services.kit.tables import NAMING

metadata = MetaData(naming_convention=NAMING)

waiting_sequence = Sequence("waiting_sequence", metadata=metadata)

#: Signed submissions and approvals; only ever added to (but for new data keys). `number` is a registration or a waiting number.
submission_evidence = Table(
    "submission_evidence",
    metadata,
    Column("evidence_no", BigInteger, Identity(always=True), primary_key=True),
    Column("number", Text, nullable=False),
    Column("employer_no", Text, nullable=False),
    Column("method", Text, nullable=False),
    # What people submit may be personal data.
    Column("canonical_sealed", LargeBinary, nullable=False),
    Column("algorithm", Text, nullable=False),
    Column("certificate", LargeBinary, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    Column("session_id", Text, nullable=False),
    Column("kept_at", DateTime(timezone=True), nullable=False),
    Index("ix_submission_evidence_number", "number"),
    info=only_grows(),
)

#: What handlers submitted where approval is wanted; decided ones stay.
waiting_submission = Table(
    "waiting_submission",
    metadata,
    Column("waiting_no", Text, primary_key=True),
    Column("employer_no", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("method", Text, nullable=False),
    Column("kind", Integer, nullable=False),
    Column("headcount", Integer, nullable=False),
    Column("amount_fen", BigInteger, nullable=False),
    Column("request_sealed", LargeBinary, nullable=False),
    Column("canonical_sealed", LargeBinary, nullable=False),
    # The list that was submitted, packed; empty when it was none.
    Column("content_sealed", LargeBinary, nullable=False),
    Column("content_sha256", Text, nullable=False),
    # Who submitted it, as `Principal`.
    Column("submitter", JSONB, nullable=False),
    Column("signed", Boolean, nullable=False),
    Column("submitted_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("decided_at", DateTime(timezone=True)),
    # Who decided, as `Principal`.
    Column("decider", JSONB(none_as_null=True)),
    Column("reason_sealed", LargeBinary, nullable=False, server_default=text("''::bytea")),
    Column("registration_no", Text, nullable=False, server_default=text("''")),
    Index("ix_waiting_submission_employer_no", "employer_no", "waiting_no"),
    Index(
        "ix_waiting_submission_expires_at",
        "expires_at",
        postgresql_where=text("state = 'waiting'"),
    ),
    Index(
        "ix_waiting_submission_registration_no",
        "registration_no",
        postgresql_where=text("registration_no <> ''"),
    ),
    # What was submitted stays as it was; what is decided about it is added.
    info=changes_only("state", "decided_at", "decider", "reason_sealed", "registration_no"),
)


def create_submission_tables(bind: Connection) -> None:
    """Create the tables above; called by a migration of every owner that takes submissions."""
    metadata.create_all(bind)
    for statement in _EVIDENCE_STAYS:
        bind.execute(text(statement))


# What is sealed is sealed anew under another data key; all else of a piece of evidence stays as it was kept.
_EVIDENCE_STAYS = (
    """
    CREATE FUNCTION refuse_change_of_evidence() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'evidence is never changed or deleted';
    END $$
    """,
    """
    CREATE TRIGGER stays BEFORE DELETE OR TRUNCATE
        OR UPDATE OF number, employer_no, method, algorithm, certificate, signature, session_id, kept_at
        ON submission_evidence FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_evidence()
    """,
)
