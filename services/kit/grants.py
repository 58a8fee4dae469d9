"""What the role of a running service is granted in its store, and nothing more (docs/adr/0024).

A service runs as a role that owns nothing: who owns a table can take off the trigger that keeps its rows, or the table
itself. What it is granted follows from what each table says (`rights`), after every migration.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, MetaData, Table, text

from services.kit.replays.tables import FUNCTIONS, REPLAYED
from services.kit.rights import rights_of

_RUNNING: Final = "public"


@dataclass(frozen=True, slots=True)
class Store:
    """All tables of one service. A replay makes `switched` and `beside_only` anew (`services.kit.replays`)."""

    metadata: tuple[MetaData, ...]
    switched: tuple[Table, ...] = ()
    beside_only: tuple[Table, ...] = ()

    @property
    def tables(self) -> tuple[Table, ...]:
        return tuple(table for each in self.metadata for table in each.sorted_tables)

    @property
    def beside(self) -> tuple[Table, ...]:
        """Those that stand in the schema of replays as well."""
        return (*self.switched, *self.beside_only)


class MayTooMuch(Exception):
    """The role that a service is to run as could do what only the owner may; says what the operator does about it."""


def refuse_owner(connection: Connection, role: str) -> None:
    """Raise MayTooMuch when `role` owns tables, or may act for who does."""
    owned = connection.execute(text(_OWNED), {"role": role}).scalars().all()
    if owned:
        raise MayTooMuch(
            f"{role} owns {owned[0]} and {len(owned) - 1} more, or is in their owner's role:"
            " see docs/runbook.md, Two roles of a store"
        )


def grant(connection: Connection, store: Store, role: str) -> None:
    """Give `role` what the running service needs of the store and take all else; raises MayTooMuch when it is left
    with more. The connection is the owner's."""
    quote = connection.dialect.identifier_preparer.quote_identifier
    for statement in _grants(connection, store, quote(role)):
        connection.execute(text(statement))
    refuse_owner(connection, role)
    for schema in connection.execute(text(_MAY_CREATE), {"role": role}).scalars():
        raise MayTooMuch(
            f"{role} may create objects in schema {schema}: as superuser, REVOKE CREATE ON SCHEMA {schema}"
            f" FROM PUBLIC, {role}"
        )


def _grants(connection: Connection, store: Store, role: str) -> Iterator[str]:
    yield f"REVOKE CREATE ON SCHEMA {_RUNNING} FROM PUBLIC"  # as it is by itself from PostgreSQL 15 on
    yield from _schema_grants(_RUNNING, store.tables, role)
    sequences = connection.execute(text(_SEQUENCES)).scalars()
    yield from (f"GRANT USAGE ON SEQUENCE {name} TO {role}" for name in sequences)
    if store.beside:
        yield from _schema_grants(REPLAYED, store.beside, role)
        for function in FUNCTIONS:
            yield f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC"
            yield f"GRANT EXECUTE ON FUNCTION {function} TO {role}"


def _schema_grants(schema: str, tables: tuple[Table, ...], role: str) -> Iterator[str]:
    yield f"REVOKE ALL ON SCHEMA {schema} FROM {role}"
    yield f"GRANT USAGE ON SCHEMA {schema} TO {role}"
    yield f"REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {role}"
    yield f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA {schema} FROM {role}"
    for table in tables:
        yield f"GRANT {', '.join(_privileges(table))} ON {schema}.{table.name} TO {role}"


def _privileges(table: Table) -> Iterator[str]:
    rights = rights_of(table)
    yield from ("SELECT", "INSERT")
    if rights.update is None:
        yield "UPDATE"
    elif rights.update:
        yield f"UPDATE ({', '.join(rights.update)})"
    if rights.delete:
        yield "DELETE"


_OWNED = """
    SELECT c.relname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname IN ('public', 'replayed') AND c.relkind IN ('r', 'p', 'S')
      AND pg_has_role(:role, c.relowner, 'MEMBER')
    ORDER BY c.relname
"""
_MAY_CREATE = "SELECT nspname FROM pg_namespace WHERE has_schema_privilege(:role, oid, 'CREATE')"
# Those that tables declare: an identity column asks for no right on its own, and no column draws by itself otherwise.
_SEQUENCES = """
    SELECT CAST(c.oid::regclass AS text) FROM pg_class AS c
    WHERE c.relkind = 'S' AND c.relnamespace = 'public'::regnamespace
      AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.objid = c.oid AND d.deptype IN ('a', 'i'))
    ORDER BY c.relname
"""
