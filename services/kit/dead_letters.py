"""Events that could not be handled: what they are, and sending them to their one consumer again.

A dead letter stays in `<queue>.dead` until somebody has removed its cause and replays it; its consumer's inbox makes
a replay of something that was handled after all harmless. Events that nobody was bound for wait in the same way
under the name `unrouted`; replaying those sends them to everybody who is bound now. What is sent again names who sent it
first (`senders.ORIGIN`), so a forged message stays one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from amqp.exceptions import NotFound
from kombu import Connection

from services.kit import bus
from services.kit.broker import broker_connection, user_of
from services.kit.events import Event, Poison
from services.kit.publisher import ConfirmedPublisher, Outgoing
from services.kit.registry import SERVICES, app_of
from services.kit.senders import ORIGIN

CONNECT_TIMEOUT_S: Final = 5.0
#: More are never looked at in one go: a person reads the list.
LISTED_MAX: Final = 1000

UNROUTED: Final = "unrouted"
#: Why an event waits in `unrouted`.
NOBODY_BOUND: Final = "nobody bound"


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One event that waits for somebody. Empty texts where the message cannot be read."""

    queue: str  # `query.deposit.main`: consumer, source and queue of the subscription
    event_id: str
    type: str
    subject: str
    reason: str  # as the broker names it: rejected, delivery_limit, …
    died_at: datetime | None

    def age_s(self, now: datetime) -> int | None:
        """Seconds since it died."""
        return None if self.died_at is None else int((now - self.died_at).total_seconds())


def subscription_queues() -> list[str]:
    """Short names of every subscription of every service."""
    return [
        f"{service}.{subscription.source}.{subscription.queue}"
        for service in SERVICES
        for subscription in app_of(service).subscriptions
    ]


class DeadLetters:
    """The dead letters of one hall. `queues` are short names; default: every service's, and `unrouted`."""

    def __init__(self, amqp_uri: str, namespace: str, *, queues: list[str] | None = None) -> None:
        self._amqp_uri = amqp_uri
        self._namespace = namespace
        self._queues = [*subscription_queues(), UNROUTED] if queues is None else queues

    def list(self) -> list[DeadLetter]:
        """The oldest of each queue first, at most LISTED_MAX a queue; nothing is taken out."""
        with self._connected() as connection:
            return [
                _read(queue, message)
                for queue in self._queues
                for message in self._peek(connection, queue)
            ]

    def replay(self, queue: str, *, event_id: str = "") -> int:
        """Send the queue's dead letters, or the one with this event id, to their consumer again; says how many.

        Each leaves the dead letters only after the broker has confirmed that its consumer's queue has it.
        """
        with self._connected() as connection:
            publisher = ConfirmedPublisher(connection)
            count = 0
            for message in self._peek(connection, queue):
                if event_id and _read(queue, message).event_id != event_id:
                    continue
                publisher.publish([self._outgoing(queue, message, replayer=user_of(connection))])
                message.ack()
                count += 1
            return count

    def _peek(self, connection: Connection, queue: str) -> Iterator[Any]:
        """The messages of a dead-letter queue; those not acknowledged return to it at the end."""
        channel: Any = connection.channel()
        try:
            for _ in range(LISTED_MAX):
                found = channel.basic_get(self._dead_queue(queue), no_ack=False)
                if found is None:
                    return
                yield channel.message_to_python(found)
        except NotFound:
            return  # its consumer has never started
        finally:
            channel.close()

    def _dead_queue(self, queue: str) -> str:
        if queue == UNROUTED:
            return bus.unrouted_queue(self._namespace).name
        return f"{self._namespace}.events.{queue}.dead"

    def _outgoing(self, queue: str, message: Any, *, replayer: str) -> Outgoing:
        routing_key = f"{self._namespace}.events.{queue}"
        exchange = ""  # straight into the queue of that name
        if queue == UNROUTED:
            exchange = bus.events_exchange(self._namespace).name
            routing_key = message.delivery_info["routing_key"]
        # What the broker added when the message died begins with x-; a replayed message starts anew.
        headers = {k: v for k, v in (message.headers or {}).items() if not k.startswith("x-")}
        sender = bus.user_id_of(message)
        if sender != replayer or ORIGIN not in headers:
            headers[ORIGIN] = sender
        message_id = message.properties.get("message_id", "")
        return Outgoing(exchange, routing_key, bus.body_of(message.body), headers, message_id)

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        with broker_connection(self._amqp_uri, connect_timeout=CONNECT_TIMEOUT_S) as connection:
            yield connection


def _read(queue: str, message: Any) -> DeadLetter:
    headers = message.headers or {}
    deaths = headers.get("x-death") or [{}]
    reason = NOBODY_BOUND if queue == UNROUTED else str(deaths[0].get("reason", ""))
    died_at = deaths[0].get("time")
    try:
        event = Event.from_message(headers, bus.body_of(message.body))
    except Poison:
        message_id = str(message.properties.get("message_id", ""))
        return DeadLetter(queue, message_id, "", "", reason, _utc(died_at))
    died_at = event.occurred_at if queue == UNROUTED else died_at
    return DeadLetter(queue, event.event_id, event.type, event.subject, reason, _utc(died_at))


def _utc(moment: datetime | None) -> datetime | None:
    """AMQP's timestamps arrive without a zone and mean UTC."""
    if moment is None or moment.tzinfo is not None:
        return moment
    return moment.replace(tzinfo=UTC)
