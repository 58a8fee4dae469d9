"""How long after its commit an event is visible in query's tables, beside what a broker and a store alone would take.

Ours is: the store wakes the relay, which reads the outbox, publishes with a confirm to quorum queues (of query, and of
whoever else is bound) and marks the event; query takes it, notes it in its inbox, checks its version, writes the row
and commits. Bare publish and consume is one persistent message through one quorum queue; it reads no outbox and keeps
nothing on the other side. The second limit adds that: one row inserted and committed, then seen by another connection.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from itertools import count
from typing import Any

import psycopg2
from hpf.deposit.v1 import deposit_events_pb2 as deposit
from kombu import Connection, Exchange, Queue

from benches._hall import EMPLOYER_NO, Hall, hall
from benches.harness import ROUNDS, Result, Stage
from services.kit import outbox
from services.kit.db import Database

EVENTS_PER_ROUND = 40
# Closer together than the time it takes to look.
_LOOK_S = 0.0002
_PATIENCE_S = 60.0

_GOAL = "a few times a bare publish and consume"
_GOAL_KEPT = "≤ 3 × what is kept at the other end too"

_Timed = Callable[[], float]


def run(stage: Stage) -> list[Result]:
    urls = {service: stage.database(service) for service in ("query", "deposit")}
    with ExitStack() as stack:
        built = stack.enter_context(hall(stage, urls))
        told = stack.enter_context(_events(urls))
        bare = stack.enter_context(_bare_bus(built))
        kept = stack.enter_context(_kept(stage.database(), bare))
        figures: dict[_Timed, list[float]] = {each: [] for each in (told, bare, kept)}
        for each in figures:
            each()  # warm
        for _ in range(ROUNDS):
            for each, found in figures.items():
                found.append(statistics.median(each() for _ in range(EVENTS_PER_ROUND)))
    ours, published, stored = (statistics.median(figures[each]) for each in (told, bare, kept))
    return [
        Result.of(
            "commit to visible in a query", unit="ms", ours=ours, limit=published, goal=_GOAL
        ),
        Result.of(
            "commit to visible, beside publish + consume + commit",
            unit="ms",
            ours=ours,
            limit=stored,
            goal=_GOAL_KEPT,
        ),
    ]


@contextmanager
def _events(urls: dict[str, str]) -> Iterator[_Timed]:
    """Commits an event as deposit does; how long until query's tables show it, in milliseconds."""
    owner = Database(urls["deposit"])
    copy = _reader(urls["query"])
    numbers = count(1)

    def once() -> float:
        number = next(numbers)
        money = deposit.EmployerMoney(employer_no=EMPLOYER_NO, suspense_fen=number)
        message = deposit.BankPaymentRecorded(bank_reference=f"B{number}", money=money)
        with owner.transaction() as connection:
            outbox.append(connection, message, subject=EMPLOYER_NO, now=datetime.now(UTC))
        return _until_seen(
            copy,
            "SELECT FROM employer WHERE employer_no = %s AND suspense_fen = %s",
            (EMPLOYER_NO, number),
        )

    yield once
    copy.close()
    owner.close()


@contextmanager
def _bare_bus(hall: Hall) -> Iterator[_Timed]:
    """Publishes a persistent message with a confirm to a quorum queue and consumes it, in milliseconds."""
    name = f"{hall.namespace}.bare"
    queue = Queue(
        name, Exchange(name), routing_key=name, queue_arguments={"x-queue-type": "quorum"}
    )
    got: list[float] = []

    def on_message(message: Any) -> None:
        got.append(time.perf_counter())
        message.ack()

    options = {"confirm_publish": True}
    with (
        Connection(hall.amqp_uri, transport_options=options) as out,
        Connection(hall.amqp_uri) as back,
        back.Consumer(queue, on_message=on_message, prefetch_count=1),
    ):
        producer = out.Producer(exchange=Exchange(name), routing_key=name)

        def once() -> float:
            begun = time.perf_counter()
            producer.publish(b"x" * 200, content_type="application/protobuf", delivery_mode=2)
            while not got:
                back.drain_events(timeout=_PATIENCE_S)
            return (got.pop() - begun) * 1000

        yield once
        queue(back.default_channel).delete()


@contextmanager
def _kept(url: str, bare: _Timed) -> Iterator[_Timed]:
    """The same, then one row inserted, committed, and seen by another connection."""
    writer, reader = _reader(url), _reader(url)
    with writer.cursor() as cursor:
        cursor.execute("CREATE TABLE kept (number bigint PRIMARY KEY, body bytea NOT NULL)")
    numbers = count(1)

    def once() -> float:
        number, carried_ms = next(numbers), bare()
        begun = time.perf_counter()
        with writer.cursor() as cursor:
            cursor.execute("INSERT INTO kept VALUES (%s, %s)", (number, b"x" * 200))
        writing_ms = (time.perf_counter() - begun) * 1000
        return (
            carried_ms
            + writing_ms
            + _until_seen(reader, "SELECT FROM kept WHERE number = %s", (number,))
        )

    yield once
    writer.close()
    reader.close()


def _until_seen(reader: Any, statement: str, parameters: tuple[Any, ...]) -> float:
    """Milliseconds until the statement finds a row."""
    begun = time.perf_counter()
    with reader.cursor() as cursor:
        while time.perf_counter() - begun < _PATIENCE_S:
            cursor.execute(statement, parameters)
            if cursor.rowcount:
                return (time.perf_counter() - begun) * 1000
            time.sleep(_LOOK_S)
    raise RuntimeError("what was committed never became visible")


def _reader(url: str) -> Any:
    """A psycopg2 connection each of whose statements stands alone."""
    connection = psycopg2.connect(url.replace("postgresql+psycopg2://", "postgresql://"))
    connection.autocommit = True
    return connection
