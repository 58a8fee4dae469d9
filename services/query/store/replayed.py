"""Read tables made anew beside the running ones, in a schema of their own; and the switch to them.

Inside `beside`, every statement of this store means the new tables: the search path finds them first. So a replay runs
the very functions that the running projection runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, MetaData, insert, text

from services.kit.db import Database
from services.kit.tables import NAMING
from services.query.code_tables import seeded_titles
from services.query.models import READ_TABLES, code_title

#: Schema of the tables that a replay fills; made with the store.
REPLAYED = "replayed"

#: Everything that events fill; the titles of codes belong to no employer.
_TABLES = (*READ_TABLES, code_title)

# Reads end within seconds; whoever reads longer (an export) makes the switch wait for the next time.
_SWITCH_LOCK_TIMEOUT_MS = 3_000


@dataclass(frozen=True, slots=True)
class Difference:
    """Rows of one table that only one side has."""

    table: str
    only_running: int
    only_replayed: int


@contextmanager
def beside(database: Database) -> Iterator[Connection]:
    """A transaction whose statements mean the new tables."""
    with database.transaction() as connection:
        connection.execute(text(f"SET LOCAL search_path TO {REPLAYED}, public"))
        yield connection


def create(connection: Connection) -> None:
    """Empty new tables, as a new store has them. What an earlier replay left is dropped."""
    drop(connection)
    new = MetaData(naming_convention=NAMING)
    for table in _TABLES:
        table.to_metadata(new, schema=REPLAYED)
    new.create_all(connection)
    titles = new.tables[f"{REPLAYED}.{code_title.name}"]
    connection.execute(insert(titles), seeded_titles())


def drop(connection: Connection) -> None:
    for table in _TABLES:
        connection.execute(text(f"DROP TABLE IF EXISTS {REPLAYED}.{table.name}"))


def exist(connection: Connection) -> bool:
    name = f"{REPLAYED}.{code_title.name}"
    return bool(connection.execute(text("SELECT to_regclass(:name)"), {"name": name}).scalar())


def switch(connection: Connection) -> bool:
    """Put the new tables in the place of the running ones; False when those have got further meanwhile.

    Nothing is applied while this transaction lasts. Raises the database's lock timeout when readers do not end.
    """
    connection.execute(text(f"SET LOCAL lock_timeout = {_SWITCH_LOCK_TIMEOUT_MS}"))
    connection.execute(text("LOCK TABLE public.applied_version IN EXCLUSIVE MODE"))
    if connection.execute(text(_BEHIND)).scalar():
        return False
    for table in _TABLES:
        connection.execute(text(f"DROP TABLE public.{table.name}"))
        connection.execute(text(f"ALTER TABLE {REPLAYED}.{table.name} SET SCHEMA public"))
    return True


_BEHIND = """
    SELECT EXISTS (
        SELECT FROM public.applied_version AS running
        LEFT JOIN replayed.applied_version AS replayed USING (owner, employer_no)
        WHERE running.version > coalesce(replayed.version, 0)
    )
"""


def differences(connection: Connection) -> tuple[list[Difference], int, int]:
    """What differs, over the employers for whom both sides are at the same versions; how many those and the others
    are. To be asked in one snapshot."""
    connection.execute(text("SET LOCAL statement_timeout = 0"))
    agreeing = connection.execute(text(_AGREEING)).all()
    compared = sum(row.agree for row in agreeing)
    found = []
    for table in READ_TABLES:
        running, replayed = connection.execute(text(_difference(table.name))).one()
        if running or replayed:
            found.append(Difference(table.name, running, replayed))
    return found, compared, len(agreeing) - compared


# Versions of both owners agree, whichever of the two has told of the employer. Who is in no employer just now is on the
# way between two, of which only the next one's events tell.
_AGREEING = """
    SELECT employer_no, bool_and(running.version IS NOT DISTINCT FROM replayed.version) AS agree
    FROM public.applied_version AS running
    FULL JOIN replayed.applied_version AS replayed USING (owner, employer_no)
    WHERE employer_no <> '' GROUP BY employer_no
"""
_DIFFERENCE = """
    WITH agreeing AS MATERIALIZED ({agreeing}),
         running AS (SELECT t.* FROM public.{table} t JOIN agreeing USING (employer_no) WHERE agree),
         replayed AS (SELECT t.* FROM replayed.{table} t JOIN agreeing USING (employer_no) WHERE agree)
    SELECT (SELECT count(*) FROM (TABLE running EXCEPT TABLE replayed) AS mine),
           (SELECT count(*) FROM (TABLE replayed EXCEPT TABLE running) AS others)
"""


def _difference(table: str) -> str:
    return _DIFFERENCE.format(agreeing=_AGREEING, table=table)
