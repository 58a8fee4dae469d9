"""What is remembered of replays, in the store of each service that keeps copies of owners' events."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    DateTime,
    Identity,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)

from services.kit.tables import NAMING

#: Schema of the tables that a replay fills; made with the store.
REPLAYED: Final = "replayed"

metadata = MetaData(naming_convention=NAMING)

#: Replays of the owners' logs: rebuilds and checks. At most one runs.
replay = Table(
    "replay",
    metadata,
    Column("replay_no", BigInteger, Identity(always=True), nullable=False),
    Column("purpose", Integer, nullable=False),
    Column("state", Integer, nullable=False),
    Column("started_by", Text, nullable=False),
    Column("started_at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True)),
    Column("employers_compared", BigInteger, nullable=False, server_default=text("0")),
    Column("employers_skipped", BigInteger, nullable=False, server_default=text("0")),
    # The event that could not be applied, by owner, employer and version.
    Column("failure", Text, nullable=False, server_default=text("''")),
    PrimaryKeyConstraint("replay_no"),
    Index("ix_replay_running", "state", unique=True, postgresql_where=text("state = 1")),
)

#: How far a replay has read each owner's log; `events` counts those read.
replay_owner = Table(
    "replay_owner",
    metadata,
    Column("replay_no", BigInteger, nullable=False),
    Column("owner", Text, nullable=False),
    Column("xid", BigInteger, nullable=False, server_default=text("0")),
    Column("position", BigInteger, nullable=False, server_default=text("0")),
    Column("last_position", BigInteger, nullable=False, server_default=text("0")),
    Column("events", BigInteger, nullable=False, server_default=text("0")),
    PrimaryKeyConstraint("replay_no", "owner"),
)

#: What a check found: rows of a table that only one side has.
replay_difference = Table(
    "replay_difference",
    metadata,
    Column("replay_no", BigInteger, nullable=False),
    Column("table_name", Text, nullable=False),
    Column("only_running", BigInteger, nullable=False),
    Column("only_replayed", BigInteger, nullable=False),
    PrimaryKeyConstraint("replay_no", "table_name"),
)


def create_replay_tables(bind: Connection) -> None:
    """Called by the first migration of every service that keeps copies."""
    metadata.create_all(bind)
    bind.execute(text(f"CREATE SCHEMA {REPLAYED}"))
