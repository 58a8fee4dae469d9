"""One PostgreSQL a service: connections, transactions, and the few errors worth another try.

Statements are limited in time and in waiting for locks, so a stuck neighbour becomes an error instead of a
standstill. psycopg2 everywhere: under eventlet it yields, psycopg 3 does not.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.exc import DBAPIError, OperationalError

# A command is a handful of statements; whoever needs longer (interest, rebuilds) says so in its transaction.
STATEMENT_TIMEOUT_MS = 60_000
LOCK_TIMEOUT_MS = 5_000
IDLE_IN_TRANSACTION_TIMEOUT_MS = 120_000
CONNECT_TIMEOUT_S = 10

_SERIALIZATION_FAILURE = "40001"
_DEADLOCK = "40P01"
_LOCK_NOT_AVAILABLE = "55P03"


class Database:
    """The store of one service."""

    def __init__(self, url: str, *, pool_size: int = 20, application: str = "hpf") -> None:
        options = (
            f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c lock_timeout={LOCK_TIMEOUT_MS} "
            f"-c idle_in_transaction_session_timeout={IDLE_IN_TRANSACTION_TIMEOUT_MS} -c timezone=UTC"
        )
        self.url = url
        self.engine: Engine = create_engine(
            url,
            pool_size=pool_size,
            max_overflow=5,
            pool_pre_ping=True,
            hide_parameters=True,  # an error must not carry personal data into a log
            connect_args={
                "options": options,
                "connect_timeout": CONNECT_TIMEOUT_S,
                "application_name": application,
                "keepalives_idle": 30,
            },
        )

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
