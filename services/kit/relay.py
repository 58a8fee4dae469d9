"""The relay: publishes the outbox with confirms, in order, one active per service.

It holds an advisory lock while it works, so a second process waits as a standby. Woken by NOTIFY; looks by itself
every second in case a notification was lost. A batch is marked only after the broker has confirmed all of it; a
crash in between publishes it again, which consumers' inboxes absorb.
"""

from __future__ import annotations

import logging
import select
import time
from collections.abc import Callable
from typing import Any

import psycopg2
from amqp.exceptions import AMQPError
from kombu.exceptions import OperationalError
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from services.kit import bus, metrics, outbox
from services.kit.app import Runtime
from services.kit.broker import broker_connection
from services.kit.publisher import ConfirmedPublisher, Unconfirmed, outgoing

log = logging.getLogger(__name__)

BATCH = 200
POLL_S = 1.0
RECONNECT_S = 1.0
# One number for "the relay of this database".
_LOCK = 7_216_001

# Store or broker away, or a batch not confirmed: all of it is tried again.
_PASSING_ERRORS = (
    AMQPError,
    DBAPIError,
    OSError,
    OperationalError,
    Unconfirmed,
    psycopg2.Error,
)


def run(runtime: Runtime, *, amqp_uri: str, stopping: Callable[[], bool]) -> None:
    """Relay until `stopping()`; reconnects by itself to store and broker."""
    while not stopping():
        try:
            _serve(runtime, amqp_uri, stopping)
        except _PASSING_ERRORS as error:
            log.warning("relay of %s pauses: %s", runtime.app.name, type(error).__name__)
            time.sleep(RECONNECT_S)


def _serve(runtime: Runtime, amqp_uri: str, stopping: Callable[[], bool]) -> None:
    engine = create_engine(runtime.database.url, poolclass=NullPool, hide_parameters=True)
    try:
        with (
            engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection,
            broker_connection(amqp_uri) as broker,
        ):
            while not _is_leader(connection):
                if stopping():
                    return
                time.sleep(POLL_S)
            publisher = ConfirmedPublisher(broker)
            bus.declare_events(publisher.channel, runtime.kit.namespace)
            raw = connection.connection.driver_connection
            connection.execute(text(f"LISTEN {outbox.CHANNEL}"))
            while not stopping():
                if not _relay_batch(connection, publisher, runtime):
                    _wait(raw)
    finally:
        engine.dispose()


def _is_leader(connection: Connection) -> bool:
    statement = text("SELECT pg_try_advisory_lock(:key)")
    return bool(connection.execute(statement, {"key": _LOCK}).scalar())


def _relay_batch(connection: Connection, publisher: ConfirmedPublisher, runtime: Runtime) -> int:
    batch = outbox.unpublished(connection, runtime.app.name, limit=BATCH)
    if batch:
        publisher.publish(outgoing(runtime.kit.namespace, event) for _, event in batch)
        positions = [position for position, _ in batch]
        outbox.mark_published(connection, positions, now=runtime.clock.now())
        metrics.PUBLISHED.labels(runtime.app.name).inc(len(batch))
    return len(batch)


def _wait(raw: Any) -> None:  # a psycopg2 connection
    raw.poll()
    if not raw.notifies:
        select.select([raw], [], [], POLL_S)
        raw.poll()
    raw.notifies.clear()
