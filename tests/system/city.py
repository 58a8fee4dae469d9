"""A whole city in one process: every service's real table on real PostgreSQL, joined by a bus that misbehaves.

The bus delivers in order per queue, as the real one does, but may deliver twice, late, or in the middle of which a
process dies (`Faults`). Nothing of ours is replaced: calls go through `calls.execute`, events through
`consume.process`.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from google.protobuf.message import Message
from google.rpc import status_pb2
from sqlalchemy import Connection
from sqlalchemy.event import listen

from services.kit import outbox
from services.kit.app import CallContext, Principal, Runtime, Subscription
from services.kit.blobs import Blobs
from services.kit.calls import execute, handle_event
from services.kit.clock import FixedClock
from services.kit.db import Database
from services.kit.errors import field_errors_of, message_zh_of, reason_of
from services.kit.events import Event, event_type
from services.kit.ids import new_id
from services.kit.registry import app_of
from services.kit.settings import KitSettings
from services.kit.tickers import run_once
from services.kit.vault import Vault

_M = TypeVar("_M", bound=Message)

STAFF = Principal(kind="staff", name="tester")
# More rounds than any flow needs: a city that does not come to rest is a bug.
ROUNDS_MAX = 10_000


class Died(Exception):
    """A process was killed here."""


class Refused(Exception):
    """A call was refused."""

    def __init__(self, status: status_pb2.Status) -> None:
        fields = [(each.path, each.reason) for each in field_errors_of(status)[:3]]
        super().__init__(f"{reason_of(status)} {message_zh_of(status)} {fields}")
        self.status = status
        self.reason = reason_of(status)


@dataclass
class Faults:
    """How often, from 0 to 1, the bus delivers twice, and a process dies before or after its commit."""

    random: random.Random = field(default_factory=lambda: random.Random(1))
    twice: float = 0.0
    dies_before_commit: float = 0.0
    dies_after_commit: float = 0.0

    def happens(self, likelihood: float) -> bool:
        return self.random.random() < likelihood


class MortalDatabase(Database):
    """A store whose process may die just before or just after a commit."""

    faults = Faults()
    has_news = True  # an event was committed since the bus last looked: it would have been woken

    def __init__(self, url: str, *, pool_size: int, application: str) -> None:
        super().__init__(url, pool_size=pool_size, application=application)
        listen(self.engine, "after_cursor_execute", _note_notification)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        with super().transaction() as connection:
            connection.info[_NOTIFIES] = False
            yield connection
            if self.faults.happens(self.faults.dies_before_commit):
                raise Died
            notifies = connection.info[_NOTIFIES]
        self.has_news |= notifies
        if self.faults.happens(self.faults.dies_after_commit):
            raise Died


# What a connection knows of its transaction.
_NOTIFIES = "notifies"


def _note_notification(connection: Connection, _: object, statement: str, *__: object) -> None:
    if "pg_notify" in statement:
        connection.info[_NOTIFIES] = True


@dataclass
class _Queue:
    consumer: Runtime
    subscription: Subscription
    events: deque[Event] = field(default_factory=deque)


class City:
    """Services with their stores, one clock, one bus."""

    def __init__(
        self,
        service_db: Callable[[str], str],
        folder: Path,
        *,
        services: tuple[str, ...] = ("collection", "deposit"),
        now: datetime = datetime(2019, 9, 20, 2, tzinfo=UTC),
    ) -> None:
        self.clock = FixedClock(now)
        self.faults = Faults()
        self.vault = Vault("k1", {"k1": b"k" * 32}, b"i" * 32)
        self._kit = KitSettings(data_keys_file=folder / "unused", blob_url=f"file://{folder}/blobs")
        self.runtimes = {name: self.runtime_of(name, service_db(name)) for name in services}
        self.queues = [
            _Queue(runtime, subscription)
            for runtime in self.runtimes.values()
            for subscription in runtime.app.subscriptions
        ]
        self.delivered: list[Event] = []

    def runtime_of(self, name: str, url: str) -> Runtime:
        """A service of this city on that store."""
        app = app_of(name)
        database = MortalDatabase(url, pool_size=4, application=f"test {name}")
        database.faults = self.faults
        settings = app.settings(database_url=url)
        blobs = Blobs(self._kit.blob_url, self.vault)
        return Runtime(app, database, self.vault, blobs, self._kit, settings, self.clock)

    def close(self) -> None:
        for runtime in self.runtimes.values():
            runtime.database.close()

    def events_of(self, message_class: type[_M], employer_no: str) -> list[_M]:
        """Every event of a class about one employer, oldest first."""
        self._relay()
        return [
            message_class.FromString(event.body)
            for event in self.delivered
            if event.type == event_type(message_class) and event.subject == employer_no
        ]

    def last_event(self, message_class: type[_M], employer_no: str) -> _M:
        """The newest event of a class about one employer."""
        return self.events_of(message_class, employer_no)[-1]

    def tick(self, service: str, name: str) -> None:
        """Run a ticker once, now; again when its process died of it."""
        runtime = self.runtimes[service]
        ticker = next(each for each in runtime.app.tickers if each.name == name)
        while True:
            try:
                run_once(runtime, ticker)
            except Died:
                continue
            return

    # ------------------------------------------------------------ calls

    def call(
        self, service: str, request: Message, reply_class: type[_M], *, by: Principal = STAFF
    ) -> _M:
        """Run the method named after the request, trying again after a death; raises Refused."""
        method = type(request).__name__.removesuffix("Request")
        if not getattr(request, "request_id", "x"):
            request.request_id = new_id()  # type: ignore[attr-defined]
        body = request.SerializeToString()
        while True:
            reply = execute(self.runtimes[service], method, body, CallContext(by, new_id()))
            if reply.code == 0:
                return reply_class.FromString(reply.body)
            status = status_pb2.Status.FromString(reply.body)
            if reason_of(status) == "FAULT" and self.faults.random is not None and self._mortal():
                continue  # the process died under the call; its client tries again
            raise Refused(status)

    def _mortal(self) -> bool:
        return bool(self.faults.dies_before_commit or self.faults.dies_after_commit)

    # ------------------------------------------------------------ events

    def settle(self) -> None:
        """Deliver until the city is at rest."""
        for _ in range(ROUNDS_MAX):
            self._relay(only_news=True)
            waiting = [queue for queue in self.queues if queue.events]
            if not waiting:
                # What was written past the store's own transactions is only found by looking.
                self._relay()
                waiting = [queue for queue in self.queues if queue.events]
            if not waiting:
                return
            self._deliver_one(self.faults.random.choice(waiting))
        raise AssertionError("the city does not come to rest")

    def deliver_one(self) -> bool:
        """Deliver one event of those that wait; False when none does."""
        self._relay()
        waiting = [queue for queue in self.queues if queue.events]
        if waiting:
            self._deliver_one(self.faults.random.choice(waiting))
        return bool(waiting)

    def settle_until(self, message_class: type[Message], employer_no: str) -> None:
        """Deliver until an event of this class about the employer has been published, and no further."""
        for _ in range(ROUNDS_MAX):
            if self.events_of(message_class, employer_no):
                return
            self._deliver_one(next(queue for queue in self.queues if queue.events))
        raise AssertionError("the event never came")

    def _relay(self, *, only_news: bool = False) -> None:
        for name, runtime in self.runtimes.items():
            assert isinstance(runtime.database, MortalDatabase)
            if only_news and not runtime.database.has_news:
                continue
            runtime.database.has_news = False
            with runtime.database.engine.begin() as connection:
                batch = outbox.unpublished(connection, name, limit=1000)
                if batch:
                    positions = [position for position, _ in batch]
                    outbox.mark_published(connection, positions, now=self.clock.now())
            for _, event in batch:
                self.publish(event)

    def publish(self, event: Event) -> None:
        """Put an event into every queue that is bound for it, now and then twice."""
        self.delivered.append(event)
        for queue in self.queues:
            if queue.subscription.source == event.source:
                if not queue.subscription.takes(event.type):
                    continue
                queue.events.append(event)
                if self.faults.happens(self.faults.twice):
                    queue.events.append(event)

    def _deliver_one(self, queue: _Queue) -> None:
        try:
            handle_event(queue.consumer, queue.subscription, queue.events[0])
        except Died:
            return  # not acknowledged: it is delivered again
        queue.events.popleft()
