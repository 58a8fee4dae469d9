"""One PostgreSQL a service: connections, transactions, and the few errors worth another try.

Statements are limited in time and in waiting for locks, so a stuck neighbour becomes an error instead of a
standstill. psycopg2 everywhere: under eventlet it yields, psycopg 3 does not.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError, InvalidatePoolError, OperationalError

from services.kit.arrays import use_array_strings

use_array_strings()

# A command is a handful of statements; whoever needs longer (interest, rebuilds) says so in its transaction.
STATEMENT_TIMEOUT_MS = 60_000
LOCK_TIMEOUT_MS = 5_000
IDLE_IN_TRANSACTION_TIMEOUT_MS = 120_000
CONNECT_TIMEOUT_S = 10

#: Connections that a pool opens beyond its size while all are in use, and closes again.
OVERFLOW: Final = 5

#: A connection that was used within this time is handed out without asking whether it is still there: the question
#: would cost a short call as much as its own statement.
PING_AFTER_S: Final = 1.0

_SERIALIZATION_FAILURE = "40001"
_DEADLOCK = "40P01"
_LOCK_NOT_AVAILABLE = "55P03"

# What the pool keeps beside a connection.
_USED_AT = "used_at_s"
_SENT = "sent"


def connections_max(pool_size: int) -> int:
    """How many connections a Database may have open at once: it has two pools (docs/adr/0023)."""
    return 2 * (pool_size + OVERFLOW)


class Database:
    """The store of one service."""

    def __init__(self, url: str, *, pool_size: int = 20, application: str = "hpf") -> None:
        self.url = url
        self.engine: Engine = _engine(url, pool_size=pool_size, application=application)
        # A pool of its own: switching a connection between both ways would cost each call a statement (docs/adr/0023).
        self._statements: Engine = _engine(
            url,
            pool_size=pool_size,
            application=application,
            options="-c default_transaction_read_only=on",
            isolation_level="AUTOCOMMIT",
        )
        event.listen(self._statements, "checkout", _none_sent)
        event.listen(self._statements, "before_cursor_execute", _count_sent)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A connection whose work is committed when the block ends and undone when it raises."""
        with self.engine.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one snapshot and may not write."""
        with self.engine.connect() as connection:
            # Set with the transaction's BEGIN instead of by a statement of its own.
            yield connection.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )

    @contextmanager
    def statement(self) -> Iterator[Connection]:
        """A connection for one SELECT and no more: a statement alone is one snapshot without BEGIN and ROLLBACK.

        A second one would see another snapshot: it raises TwoStatements.
        """
        with self._statements.connect() as connection:
            yield connection

    def answers(self) -> bool:
        """Whether the store is there just now."""
        try:
            with self.engine.connect() as connection:
                connection.execute(text("SELECT 1"))
        except DBAPIError:
            return False
        return True

    def close(self) -> None:
        self.engine.dispose()
        self._statements.dispose()


class TwoStatements(Exception):
    """What was said to be one statement sent another: a fault of whoever wrote it."""


def _engine(
    url: str, *, pool_size: int, application: str, options: str = "", **more: Any
) -> Engine:
    limits = (
        f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c lock_timeout={LOCK_TIMEOUT_MS} "
        f"-c idle_in_transaction_session_timeout={IDLE_IN_TRANSACTION_TIMEOUT_MS} -c timezone=UTC"
    )
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=OVERFLOW,
        hide_parameters=True,  # an error must not carry personal data into a log
        connect_args={
            "options": f"{limits} {options}",
            "connect_timeout": CONNECT_TIMEOUT_S,
            "application_name": application,
            "keepalives_idle": 30,
        },
        **more,
    )

    @event.listens_for(engine, "checkout")
    def ping(connection: Any, record: Any, _: object) -> None:
        """Have the pool begin anew when a connection that lay unused is gone: so are its neighbours."""
        unused_s = time.monotonic() - record.info.get(_USED_AT, time.monotonic())
        if unused_s < PING_AFTER_S:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error:
            raise InvalidatePoolError from None

    @event.listens_for(engine, "checkin")
    def note(_: object, record: Any) -> None:
        record.info[_USED_AT] = time.monotonic()

    return engine


def _none_sent(_: object, record: Any, __: object) -> None:
    record.info[_SENT] = False


def _count_sent(connection: Connection, *_: object) -> None:
    if connection.info[_SENT]:
        raise TwoStatements
    connection.info[_SENT] = True


def is_worth_another_try(error: DBAPIError) -> bool:
    """Whether the same transaction may succeed when simply run again (deadlock, serialization, lock wait)."""
    code = getattr(error.orig, "pgcode", None)
    return code in (_SERIALIZATION_FAILURE, _DEADLOCK, _LOCK_NOT_AVAILABLE)


def failure_of(error: DBAPIError) -> str:
    """What failed, fit for a log: the server's own message may quote the row, so it is left out."""
    diagnosis = getattr(error.orig, "diag", None)
    constraint = getattr(diagnosis, "constraint_name", None) or "-"
    sqlstate = getattr(error.orig, "pgcode", None) or "-"
    return f"{type(error.orig).__name__} sqlstate={sqlstate} constraint={constraint}"


def is_connection_lost(error: DBAPIError) -> bool:
    """Whether the database went away under us; nothing was committed that we were told of."""
    return error.connection_invalidated or (
        isinstance(error, OperationalError) and getattr(error.orig, "pgcode", None) is None
    )
