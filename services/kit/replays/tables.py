"""What is remembered of replays, in the store of each service that keeps copies of owners' events, and the tables that
they fill: they stand beside the running ones, empty until there is a replay.

The running service owns no table, so it may neither empty nor switch them by itself: it calls two functions, which do
that to the tables named in them and to no other (docs/adr/0024).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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

#: Empties the tables that a replay fills.
EMPTY: Final = f"{REPLAYED}.empty_tables()"
#: Puts them in the place of the running ones, whose own then stand there, empty.
SWITCH: Final = f"{REPLAYED}.switch_tables()"
FUNCTIONS: Final = (EMPTY, SWITCH)

# Where the running tables are while both sides change places: names of indexes would meet otherwise.
_ASIDE = "aside"

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


def make_beside(
    bind: Connection, switched: Sequence[Table], beside_only: Sequence[Table], *, anew: bool
) -> None:
    """Make the tables that a replay fills, and the functions for them; called after every migration.

    With `anew` those that are there go: the running ones may have got another shape. A replay begins again then.
    """
    tables = (*switched, *beside_only)
    new = MetaData(naming_convention=NAMING)
    for table in tables:
        if anew:
            bind.execute(text(f"DROP TABLE IF EXISTS {REPLAYED}.{table.name}"))
        table.to_metadata(new, schema=REPLAYED)
    new.create_all(bind)
    bind.execute(text(_function(EMPTY, [_emptied(tables)])))
    bind.execute(text(_function(SWITCH, [*_switching(switched), _emptied(tables)])))


def _emptied(tables: Sequence[Table]) -> str:
    return f"TRUNCATE {', '.join(f'{REPLAYED}.{table.name}' for table in tables)}"


def _switching(switched: Sequence[Table]) -> Iterator[str]:
    yield f"CREATE SCHEMA {_ASIDE}"
    for table in switched:
        yield f"ALTER TABLE public.{table.name} SET SCHEMA {_ASIDE}"
        yield f"ALTER TABLE {REPLAYED}.{table.name} SET SCHEMA public"
        yield f"ALTER TABLE {_ASIDE}.{table.name} SET SCHEMA {REPLAYED}"
    yield f"DROP SCHEMA {_ASIDE}"


def _function(name: str, statements: Sequence[str]) -> str:
    """Done as the owner, whoever calls it; with a search path of its own, so that no caller can lead it elsewhere."""
    body = " ".join(f"{each};" for each in statements)
    return (
        f"CREATE OR REPLACE FUNCTION {name} RETURNS void LANGUAGE plpgsql SECURITY DEFINER"
        f" SET search_path = pg_catalog, pg_temp AS $$ BEGIN {body} END $$"
    )
