"""Copies made anew beside the running ones, in a schema of their own; the switch to them; what differs.

The tables of that schema come with the store (`tables.make_beside`): a service makes, drops and owns none.

Inside `beside`, every statement of a service's store means the new tables: the search path finds them first. So a
replay runs the very functions that run when an event comes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from google.protobuf.message import Message
from sqlalchemy import Connection, Table, text

from services.kit.app import Call
from services.kit.db import Database
from services.kit.events import TooEarly as TooEarly  # what `apply` raises to have an event held
from services.kit.replays.tables import EMPTY, REPLAYED, SWITCH

RUNNING: Final = "public"

# Reads end within seconds; whoever reads longer (an export) makes the switch wait for the next time.
_SWITCH_LOCK_TIMEOUT_MS = 3_000


@dataclass(frozen=True, slots=True)
class Compared:
    """Rows that a check compares: a query in which `{schema}` stands for either side; has a column employer_no."""

    name: str
    rows: str


def compared_whole(table: Table) -> Compared:
    """Every column of a table that knows each row's employer."""
    return Compared(table.name, f"TABLE {{schema}}.{table.name}")


@dataclass(frozen=True, slots=True)
class Difference:
    """Rows of one table that only one side has."""

    table: str
    only_running: int
    only_replayed: int


def _nothing_more(call: Call) -> None:
    """The new tables are all there is to take over."""


@dataclass(frozen=True, slots=True)
class Copies:
    """What a service keeps of its owners' events, and how it is made anew.

    Of the tables that its store has beside the running ones, `versions` (owner, employer_no, version) is what whoever
    applies an event writes first. `take_over`, called in the transaction of the switch, brings what those tell that are
    not switched to into tables that hold more than events do.
    """

    owners: Mapping[str, Sequence[type[Message]]]
    apply: Callable[[Call, Message | None], None]
    versions: Table
    compared: tuple[Compared, ...]
    seed: Callable[[Connection], None]
    take_over: Callable[[Call], None] = _nothing_more


@contextmanager
def beside(database: Database) -> Iterator[Connection]:
    """A transaction whose statements mean the new tables."""
    with database.transaction() as connection:
        _look_beside(connection)
        yield connection


def _look_beside(connection: Connection) -> None:
    connection.execute(text(f"SET LOCAL search_path TO {REPLAYED}, {RUNNING}"))


def begin(connection: Connection, copies: Copies) -> None:
    """New tables as a new store has them. What an earlier replay left goes."""
    empty(connection)
    _look_beside(connection)
    copies.seed(connection)


def empty(connection: Connection) -> None:
    connection.execute(text(f"SELECT {EMPTY}"))


def is_begun(connection: Connection, copies: Copies) -> bool:
    """Whether anything was applied: the first event writes a version, and what was only begun may begin again."""
    return bool(connection.execute(text(_BEGUN.format(versions=copies.versions.name))).scalar())


_BEGUN = "SELECT EXISTS (SELECT FROM replayed.{versions})"


def switch(call: Call, copies: Copies) -> bool:
    """Put the new tables in the place of the running ones; False when those have got further meanwhile.

    Nothing is applied while this transaction lasts. Raises the database's lock timeout when readers do not end.
    """
    connection, versions = call.connection, copies.versions.name
    connection.execute(text(f"SET LOCAL lock_timeout = {_SWITCH_LOCK_TIMEOUT_MS}"))
    connection.execute(text(f"LOCK TABLE {RUNNING}.{versions} IN EXCLUSIVE MODE"))
    if connection.execute(text(_BEHIND.format(versions=versions))).scalar():
        return False
    copies.take_over(call)
    connection.execute(text(f"SELECT {SWITCH}"))
    return True


def ahead(connection: Connection, copies: Copies) -> dict[tuple[str, str], int]:
    """(owner, employer) → version, of those whom the running tables know further than the new ones."""
    rows = connection.execute(text(_AHEAD.format(versions=copies.versions.name)))
    return {(row.owner, row.employer_no): row.version for row in rows}


_AHEAD = """
    SELECT owner, employer_no, running.version
    FROM public.{versions} AS running
    LEFT JOIN replayed.{versions} AS replayed USING (owner, employer_no)
    WHERE running.version > coalesce(replayed.version, 0)
"""
_BEHIND = f"SELECT EXISTS ({_AHEAD})"


def differences(connection: Connection, copies: Copies) -> tuple[list[Difference], int, int]:
    """What differs, over the employers for whom both sides are at the same versions; how many those and the others
    are. To be asked in one snapshot."""
    connection.execute(text("SET LOCAL statement_timeout = 0"))
    agreeing = connection.execute(text(_agreeing(copies))).all()
    compared = sum(row.agree for row in agreeing)
    found = []
    for each in copies.compared:
        running, replayed = connection.execute(text(_difference(copies, each))).one()
        if running or replayed:
            found.append(Difference(each.name, running, replayed))
    return found, compared, len(agreeing) - compared


# Versions of both owners agree, whichever of the two has told of the employer. Who is in no employer just now is on the
# way between two, of which only the next one's events tell.
_AGREEING = """
    SELECT employer_no, bool_and(running.version IS NOT DISTINCT FROM replayed.version) AS agree
    FROM public.{versions} AS running
    FULL JOIN replayed.{versions} AS replayed USING (owner, employer_no)
    WHERE employer_no <> '' GROUP BY employer_no
"""
_DIFFERENCE = """
    WITH agreeing AS MATERIALIZED ({agreeing}),
         running AS (SELECT t.* FROM ({running}) AS t JOIN agreeing USING (employer_no) WHERE agree),
         replayed AS (SELECT t.* FROM ({replayed}) AS t JOIN agreeing USING (employer_no) WHERE agree)
    SELECT (SELECT count(*) FROM (TABLE running EXCEPT TABLE replayed) AS mine),
           (SELECT count(*) FROM (TABLE replayed EXCEPT TABLE running) AS others)
"""


def _agreeing(copies: Copies) -> str:
    return _AGREEING.format(versions=copies.versions.name)


def _difference(copies: Copies, compared: Compared) -> str:
    return _DIFFERENCE.format(
        agreeing=_agreeing(copies),
        running=compared.rows.format(schema=RUNNING),
        replayed=compared.rows.format(schema=REPLAYED),
    )
