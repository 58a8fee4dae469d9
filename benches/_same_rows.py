"""The rows that a piece of work has written, written again by bare SQL into a copy of the same database.

What was written is found by PostgreSQL's own mark on each row, so nothing is left out. The bare side has the finished
rows in memory and computes nothing: new rows go in by COPY, or by INSERT with as many rows as are usual, their text
finished too; of changed rows the changed columns, by one UPDATE for each table; all in one transaction, with every
index, constraint and trigger in place.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import connection as PgConnection
from psycopg2.extensions import cursor as PgCursor

from deploy.local.databases import as_owner

_KEYS = """
    SELECT c.relname, array_agg(a.attname::text ORDER BY a.attnum) FILTER (WHERE a.attnum = ANY(i.indkey)),
        array_agg(a.attname::text ORDER BY a.attnum)
    FROM pg_class c JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relnamespace = 'public'::regnamespace GROUP BY c.relname ORDER BY c.relname
"""


@dataclass(frozen=True)
class _Table:
    name: str
    key: list[str]
    columns: list[str]

    @property
    def stage(self) -> str:
        return f"same_{self.name}"


class By(Enum):
    """How rows that are finished go in."""

    COPY = "COPY"
    INSERT = "INSERT"


#: Of one INSERT.
_ROWS_AT_ONCE = 1000


@dataclass(frozen=True)
class _Load:
    """A COPY of these bytes, or these INSERTs, and what follows."""

    copy: sql.Composable
    content: bytes = b""
    inserts: tuple[bytes, ...] = ()
    then: sql.Composable | None = None


class SameRows:
    """Watches the database `worked` and repeats in its copy `bare` what was written there."""

    def __init__(self, worked: str, bare: str, by: By = By.COPY) -> None:
        self._by = by
        self._worked, self._bare = _connect(worked), _connect(bare)
        with self._worked.cursor() as cursor:
            cursor.execute(_KEYS)
            self._tables = [_Table(*row) for row in cursor.fetchall()]
        self._worked.commit()
        self._since = 0

    def watch(self) -> None:
        """What is written from now on counts."""
        with self._worked.cursor() as cursor:
            cursor.execute("SELECT pg_current_xact_id()::text::bigint")
            ((self._since,),) = cursor.fetchall()
        self._worked.commit()

    def prepare(self) -> Callable[[], None]:
        """Bring over what was written since; returns the bare work that writes it."""
        loads: list[_Load] = []
        with self._worked.cursor() as worked, self._bare.cursor() as bare:
            for table in self._tables:
                loads += self._loads(table, worked, bare)
        self._worked.commit()
        self._bare.commit()

        def write() -> None:
            with self._bare.cursor() as cursor:
                for load in loads:
                    if load.content:
                        cursor.copy_expert(load.copy, io.BytesIO(load.content))
                    for insert in load.inserts:
                        cursor.execute(insert)
                    if load.then is not None:
                        cursor.execute(load.then)
            self._bare.commit()

        return write

    def close(self) -> None:
        self._worked.close()
        self._bare.close()

    def _loads(self, table: _Table, worked: PgCursor, bare: PgCursor) -> list[_Load]:
        """What writes the rows of a table: new ones, changed ones, or both."""
        written = sql.SQL("SELECT * FROM {} WHERE xmin::text::bigint >= {}").format(
            sql.Identifier(table.name), sql.Literal(self._since)
        )
        rows = _copied(worked, written)
        if not rows:
            return []
        names = {"stage": sql.Identifier(table.stage), "table": sql.Identifier(table.name)}
        bare.execute(sql.SQL("DROP TABLE IF EXISTS {stage}").format(**names))
        bare.execute(sql.SQL("CREATE TEMP TABLE {stage} (LIKE {table})").format(**names))
        bare.copy_expert(sql.SQL("COPY {stage} FROM STDIN").format(**names), io.BytesIO(rows))
        same = sql.SQL(" AND ").join(_both_sides("t.{0} = s.{0}", name) for name in table.key)
        new = sql.SQL(
            "SELECT s.* FROM {stage} s WHERE NOT EXISTS (SELECT 1 FROM {table} t WHERE {same})"
        )
        found = [self._load(bare, new.format(**names, same=same), table.name, table.columns)]
        changed = _changed(bare, table, names, same)
        if changed:
            values = sql.SQL(", ").join(_both_sides("{0} = s.{0}", name) for name in changed)
            update = sql.SQL("UPDATE {table} t SET {values} FROM {stage} s WHERE {same}")
            kept = sql.SQL(", ").join(_both_sides("s.{0}", name) for name in table.key + changed)
            old = sql.SQL("SELECT {kept} FROM {stage} s JOIN {table} t ON {same}")
            found.append(
                self._load(
                    bare,
                    old.format(**names, kept=kept, same=same),
                    table.stage,
                    table.key + changed,
                    then=update.format(**names, values=values, same=same),
                )
            )
            bare.execute(sql.SQL("ANALYZE {stage}").format(**names))  # it will have as many rows
            for name in table.columns:
                free = sql.SQL("ALTER TABLE {stage} ALTER COLUMN {} DROP NOT NULL")
                bare.execute(free.format(sql.Identifier(name), **names))
        bare.execute(sql.SQL("TRUNCATE {stage}").format(**names))
        return [load for load in found if load.content or load.inserts]

    def _load(
        self,
        bare: PgCursor,
        rows: sql.Composable,
        target: str,
        columns: list[str],
        *,
        then: sql.Composable | None = None,
    ) -> _Load:
        """What brings the rows of a query, which are `columns`, into `target`."""
        if self._by is By.COPY:
            return _Load(_copy(target, columns), _copied(bare, rows), then=then)
        return _Load(
            _copy(target, columns), inserts=_inserts(bare, rows, target, columns), then=then
        )


def _changed(
    cursor: PgCursor, table: _Table, names: dict[str, sql.Identifier], same: sql.Composable
) -> list[str]:
    """The columns in which a row that is there already differs."""
    others = [name for name in table.columns if name not in table.key]
    if not others:
        return []
    differs = sql.SQL(", ").join(
        _both_sides("coalesce(bool_or(t.{0} IS DISTINCT FROM s.{0}), false)", name)
        for name in others
    )
    query = sql.SQL("SELECT {differs} FROM {stage} s JOIN {table} t ON {same}")
    cursor.execute(query.format(**names, differs=differs, same=same))
    (row,) = cursor.fetchall()
    return [name for name, differs_here in zip(others, row, strict=True) if differs_here]


def _both_sides(template: str, name: str) -> sql.Composable:
    return sql.SQL(template).format(sql.Identifier(name))


def _copy(target: str, columns: list[str]) -> sql.Composable:
    named = sql.SQL(", ").join(map(sql.Identifier, columns))
    return sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(target), named)


def _inserts(
    cursor: PgCursor, rows: sql.Composable, target: str, columns: list[str]
) -> tuple[bytes, ...]:
    """INSERTs as they would stand in a file."""
    literals = sql.SQL(" || ', ' || ").join(
        sql.SQL("quote_nullable({}::text)").format(sql.Identifier(name)) for name in columns
    )
    named = sql.SQL(", ").join(map(sql.Identifier, columns))
    begin = sql.SQL("INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE VALUES ").format(
        sql.Identifier(target), named
    )
    query = sql.SQL("SELECT '(' || {} || ')' FROM ({}) AS finished ({})")
    cursor.execute(query.format(literals, rows, named))
    lines = [str(row[0]) for row in cursor.fetchall()]
    head = begin.as_string(cursor)
    return tuple(
        (head + ", ".join(lines[begun : begun + _ROWS_AT_ONCE])).encode()
        for begun in range(0, len(lines), _ROWS_AT_ONCE)
    )


def _copied(cursor: PgCursor, query: sql.Composable) -> bytes:
    rows = io.BytesIO()
    cursor.copy_expert(sql.SQL("COPY ({}) TO STDOUT").format(query), rows)
    return rows.getvalue()


def _connect(url: str) -> PgConnection:
    return psycopg2.connect(as_owner(url).replace("+psycopg2", ""))
