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

import psycopg2
from kombu import Connection as BrokerConnection
from kombu import Producer
from kombu.exceptions import OperationalError
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from services.kit import bus, outbox
from services.kit.app import Runtime
from services.kit.events import CONTENT_TYPE, Event, routing_key

log = logging.getLogger(__name__)

BATCH = 200
POLL_S = 1.0
# A lost confirm would otherwise hang the publisher for ever.
CONFIRM_TIMEOUT_S = 10.0
RECONNECT_S = 1.0
# One number for "the relay of this database".
_LOCK = 7_216_001


def run(runtime: Runtime, *, amqp_uri: str, stopping: Callable[[], bool]) -> None:
    """Relay until `stopping()`; reconnects by itself to store and broker."""
    while not stopping():
        try:
            _serve(runtime, amqp_uri, stopping)
        except (OperationalError, DBAPIError, psycopg2.Error, OSError, *_broker_errors()) as error:
            log.warning("relay of %s pauses: %s", runtime.app.name, type(error).__name__)
            time.sleep(RECONNECT_S)


def publish(producer: Producer, namespace: str, event: Event) -> None:
    """Publish one event and wait for the broker's confirm."""
    producer.publish(
        event.body,
        exchange=bus.events_exchange(namespace),
        routing_key=routing_key(event.source, event.type),
        headers=event.headers(),
        content_type=CONTENT_TYPE,
        content_encoding="binary",
        serializer=None,
        message_id=event.event_id,
        delivery_mode=2,
        mandatory=True,
        confirm_timeout=CONFIRM_TIMEOUT_S,
    )


def _serve(runtime: Runtime, amqp_uri: str, stopping: Callable[[], bool]) -> None:
    engine = create_engine(runtime.database.url, poolclass=NullPool, hide_parameters=True)
    namespace = runtime.kit.namespace
    options = {"confirm_publish": True}
    try:
        with (
            engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection,
            BrokerConnection(amqp_uri, transport_options=options) as broker,
        ):
            while not _is_leader(connection):
                if stopping():
                    return
                time.sleep(POLL_S)
            channel = broker.channel()
            bus.declare_events(channel, namespace)
            producer = Producer(channel)
            raw = connection.connection.driver_connection
            connection.execute(text(f"LISTEN {outbox.CHANNEL}"))
            while not stopping():
                if not _relay_batch(connection, producer, runtime):
                    _wait(raw)
                    broker.heartbeat_check()
    finally:
        engine.dispose()


def _is_leader(connection: object) -> bool:
    statement = text("SELECT pg_try_advisory_lock(:key)")
    return bool(connection.execute(statement, {"key": _LOCK}).scalar())  # type: ignore[attr-defined]


def _relay_batch(connection, producer: Producer, runtime: Runtime) -> int:  # type: ignore[no-untyped-def]
    batch = outbox.unpublished(connection, runtime.app.name, limit=BATCH)
    for _, event in batch:
        publish(producer, runtime.kit.namespace, event)
    if batch:
        positions = [position for position, _ in batch]
        outbox.mark_published(connection, positions, now=runtime.clock.now())
    return len(batch)


def _wait(raw) -> None:  # type: ignore[no-untyped-def]  # a psycopg2 connection
    raw.poll()
    if not raw.notifies:
        select.select([raw], [], [], POLL_S)
        raw.poll()
    raw.notifies.clear()


def _broker_errors() -> tuple[type[BaseException], ...]:
    from amqp.exceptions import AMQPError

    return (AMQPError,)
