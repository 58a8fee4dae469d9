"""Tables that every owner's store has besides its own: outbox, versions, inbox, answered requests, saga locks.

They are created by each service's first migration through `create_kit_tables`; their use is in `outbox`, `inbox`
and `idempotency`.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    DateTime,
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
from sqlalchemy.types import UserDefinedType

from services.kit.rights import changes_only, only_grows

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Xid8(UserDefinedType[int]):
    """PostgreSQL's transaction id, which tells what is committed below a snapshot."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return "xid8"


metadata = MetaData(naming_convention=NAMING)

#: The owner's event log: written in the command's transaction, published by the relay, kept for ever.
outbox = Table(
    "outbox",
    metadata,
    Column("position", BigInteger, Identity(always=True), nullable=False),
    Column("xid", Xid8, nullable=False, server_default=text("pg_current_xact_id()")),
    Column("event_id", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("occurred_at", DateTime(timezone=True), nullable=False),
    Column("correlation_id", Text, nullable=False),
    Column("causation_id", Text, nullable=False),
    Column("traceparent", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("published_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("position"),
    UniqueConstraint("event_id"),
    UniqueConstraint("subject", "version"),
    Index("ix_outbox_unpublished", "position", postgresql_where=text("published_at IS NULL")),
    Index("ix_outbox_replay", "xid", "position"),
    info=changes_only("published_at"),
)

#: Last version of each subject's events; its row lock makes them gapless and puts them in commit order.
subject_version = Table(
    "subject_version",
    metadata,
    Column("subject", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
    PrimaryKeyConstraint("subject"),
    info=changes_only("version"),
)

#: Events already handled, by consumer.
inbox = Table(
    "inbox",
    metadata,
    Column("consumer", Text, nullable=False),
    Column("event_id", Text, nullable=False),
    Column("handled_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    PrimaryKeyConstraint("consumer", "event_id"),
    info=only_grows(),
)

#: Requests already answered, with their answer (sealed: it may carry personal data).
answered_request = Table(
    "answered_request",
    metadata,
    Column("principal", Text, nullable=False),
    Column("method", Text, nullable=False),
    Column("request_id", Text, nullable=False),
    Column("body_hash", LargeBinary, nullable=False),
    Column("status_code", Integer, nullable=False, server_default=text("0")),
    Column("answer_sealed", LargeBinary, nullable=False, server_default=text("''::bytea")),
    Column("answered_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    PrimaryKeyConstraint("principal", "method", "request_id"),
    # By this the old ones are found, and forgotten.
    Index(None, "method", "answered_at"),
    info=changes_only("status_code", "answer_sealed", delete=True),
)

KIT_TABLES = (outbox, subject_version, inbox, answered_request)


def create_kit_tables(bind: Connection) -> None:
    """Create the tables above; called by the first migration of every owner."""
    metadata.create_all(bind)
