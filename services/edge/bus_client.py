"""The edge's side of the bus: calls with deadlines and events heard, over one asyncio connection.

A call is published mandatory and confirmed, expires with its deadline, and its answer comes back through the
broker's direct reply-to. A service that is not there is told at once: its queue does not exist, or nobody consumes
it (looked up for calls that wait). Lost connections are made again by themselves; calls under way then end as
SERVICE_UNAVAILABLE, which a caller may repeat with the same request_id.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import aiormq
from aiormq.abc import AbstractChannel, AbstractConnection, DeliveredMessage
from aiormq.exceptions import AMQPError, ChannelInvalidStateError, DeliveryError
from pamqp.commands import Basic

from services.edge import metrics
from services.kit import bus
from services.kit.app import CallContext
from services.kit.broker import user_in
from services.kit.errors import DEADLINE_PASSED, SERVICE_UNAVAILABLE, DomainError
from services.kit.events import CONTENT_TYPE, Event, Poison
from services.kit.ids import new_id
from services.kit.lines import checked_broker
from services.kit.senders import Senders

log = logging.getLogger(__name__)

CONNECT_TIMEOUT_S: Final = 10.0
RECONNECT_FIRST_S: Final = 0.2
RECONNECT_MAX_S: Final = 3.0
#: The longest wait for one answer; shorter than a call queue lives without its service.
CALL_MAX_S: Final = 30.0
#: A call that has waited this long makes us look whether anybody consumes its service's queue.
PRESENCE_AFTER_S: Final = 0.5

_REPLY_TO: Final = "amq.rabbitmq.reply-to"
_BROKER_ERRORS: Final = (AMQPError, ChannelInvalidStateError, OSError, TimeoutError)


@dataclass(frozen=True, slots=True)
class BusReply:
    """A service's answer: with `code` 0 the reply message, else a serialized google.rpc.Status."""

    code: int
    body: bytes
    blob: str = ""
    blob_key: bytes = field(default=b"", repr=False)  # what opens it, and nothing else
    again: str = ""  # more is to come; about what one may hear of it


@dataclass(slots=True)
class _Pending:
    service: str
    since: float
    reply: asyncio.Future[BusReply]


class BusClient:
    """Calls services and hears events. `run` keeps it connected until cancelled."""

    def __init__(self, amqp_uri: str, namespace: str, senders: Senders) -> None:
        self._uri = checked_broker(amqp_uri)
        self._user = user_in(amqp_uri)
        self._senders = senders
        self._namespace = namespace
        self._exchange = bus.rpc_exchange(namespace).name
        self._channel: AbstractChannel | None = None
        self._pending: dict[str, _Pending] = {}
        self._ears: list[tuple[str, Callable[[Event], None]]] = []
        self._watchers: list[Callable[[bool], Awaitable[None]]] = []

    @property
    def is_connected(self) -> bool:
        return self._channel is not None

    def hear(self, routing_key: str, ear: Callable[[Event], None]) -> None:
        """Call `ear` with every event of this routing key while connected; register before `run`."""
        self._ears.append((routing_key, ear))

    def on_connection(self, watcher: Callable[[bool], Awaitable[None]]) -> None:
        """Await `watcher(True)` after each connection is ready, `watcher(False)` when it is gone."""
        self._watchers.append(watcher)

    async def run(self) -> None:
        """Stay connected until cancelled."""
        pause = RECONNECT_FIRST_S
        while True:
            try:
                async with asyncio.timeout(CONNECT_TIMEOUT_S):
                    connection = await aiormq.connect(self._uri)
            except _BROKER_ERRORS as error:
                log.warning("broker unreachable: %s", type(error).__name__)
            else:
                pause = RECONNECT_FIRST_S
                await self._serve(connection)
            await asyncio.sleep(pause)
            pause = min(pause * 2, RECONNECT_MAX_S)

    async def call(
        self, service: str, method: str, *, body: bytes, context: CallContext
    ) -> BusReply:
        """Ask a service and wait for its answer until the context's deadline (which must be set).

        Raises DomainError: SERVICE_UNAVAILABLE or DEADLINE_PASSED.
        """
        channel = self._channel
        if channel is None:
            raise DomainError(SERVICE_UNAVAILABLE)
        remaining_s = _remaining_s(context)
        loop = asyncio.get_running_loop()
        correlation_id = new_id()
        pending = _Pending(service, loop.time(), loop.create_future())
        self._pending[correlation_id] = pending
        properties = Basic.Properties(
            content_type=CONTENT_TYPE,
            content_encoding="binary",
            headers=dict(bus.context_headers(context)),
            correlation_id=correlation_id,
            message_id=correlation_id,
            reply_to=_REPLY_TO,
            user_id=self._user,
            expiration=str(max(1, int(remaining_s * 1000))),
            delivery_mode=1,
        )
        try:
            async with asyncio.timeout(remaining_s):
                await channel.basic_publish(
                    body,
                    exchange=self._exchange,
                    routing_key=f"{service}.{method}",
                    properties=properties,
                    mandatory=True,
                )
                return await pending.reply
        except TimeoutError:
            raise DomainError(DEADLINE_PASSED) from None
        except DeliveryError:
            log.warning("no such service on the bus: %s", service)
            raise DomainError(SERVICE_UNAVAILABLE) from None
        except (AMQPError, ChannelInvalidStateError, OSError) as error:
            log.warning("call lost with the connection: %s", type(error).__name__)
            raise DomainError(SERVICE_UNAVAILABLE) from None
        finally:
            del self._pending[correlation_id]
            if not pending.reply.cancel() and not pending.reply.cancelled():
                pending.reply.exception()  # seen, though nobody waited for it any more

    async def _serve(self, connection: AbstractConnection) -> None:
        """Work with one connection until it, or one of its channels, is gone."""
        presence: asyncio.Task[None] | None = None
        try:
            calls = await connection.channel(publisher_confirms=True, on_return_raises=True)
            await self._declare(calls)
            await calls.basic_consume(_REPLY_TO, self._on_reply, no_ack=True)
            events = await connection.channel(publisher_confirms=False)
            await self._listen(events)
            self._channel = calls
            log.info("bus connected")
            presence = asyncio.create_task(self._watch_presence(connection))
            await self._tell(connected=True)
            await asyncio.wait(
                [connection.closing, calls.closing, events.closing, presence],
                return_when=asyncio.FIRST_COMPLETED,
            )
            log.warning("bus connection lost")
        except _BROKER_ERRORS as error:
            log.warning("bus connection failed: %s", type(error).__name__)
        finally:
            self._channel = None
            self._abandon(self._pending.values())
            if presence is not None:
                presence.cancel()
            await self._tell(connected=False)
            await _close(connection)

    async def _declare(self, channel: AbstractChannel) -> None:
        exchange: Any
        for exchange in (bus.rpc_exchange(self._namespace), bus.events_exchange(self._namespace)):
            await channel.exchange_declare(
                exchange.name,
                exchange_type=exchange.type,
                durable=exchange.durable,
                arguments=exchange.arguments,
            )

    async def _listen(self, channel: AbstractChannel) -> None:
        if not self._ears:
            return
        declared = await channel.queue_declare(
            f"{self._namespace}.edge.{new_id()}", exclusive=True, auto_delete=True
        )
        queue = str(declared.queue)
        exchange = bus.events_exchange(self._namespace).name
        for routing_key in {key for key, _ in self._ears}:
            await channel.queue_bind(queue, exchange, routing_key=routing_key)
        await channel.basic_consume(queue, self._on_event, no_ack=True)

    async def _on_reply(self, message: DeliveredMessage) -> None:
        properties = message.header.properties
        pending = self._pending.get(properties.correlation_id or "")
        if pending is None or pending.reply.done():
            return  # its caller has gone: the deadline passed
        if properties.user_id != self._senders.user_of(pending.service):
            log.error("forged answer for %s dropped user=%s", pending.service, properties.user_id)
            metrics.FORGED.labels("answer").inc()
            return
        headers = properties.headers or {}
        code = int(str(headers.get(bus.CODE, 0)))
        blob, key, again = (
            str(headers.get(name, "")) for name in (bus.BLOB, bus.BLOB_KEY, bus.AGAIN)
        )
        reply = BusReply(code, bytes(message.body), blob, bytes.fromhex(key), again)
        pending.reply.set_result(reply)

    async def _on_event(self, message: DeliveredMessage) -> None:
        properties = message.header.properties
        headers = properties.headers or {}
        try:
            event = Event.from_message(headers, message.body)
        except Poison as error:
            log.error("event unreadable: %s", error)
            return
        user_id = properties.user_id or ""
        is_theirs = self._senders.is_from(event.source, user_id=user_id, headers=headers)
        if not is_theirs or (message.routing_key or "").partition(".")[0] != event.source:
            log.error("forged event dropped user=%s", user_id)
            metrics.FORGED.labels("event").inc()
            return
        for pattern, ear in self._ears:
            if _matches(pattern, message.routing_key or ""):
                ear(event)

    async def _watch_presence(self, connection: AbstractConnection) -> None:
        """End the waiting of calls whose service has nobody at its queue any more."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(PRESENCE_AFTER_S)
            waiting = [
                pending
                for pending in self._pending.values()
                if loop.time() - pending.since >= PRESENCE_AFTER_S
            ]
            for service in {pending.service for pending in waiting}:
                if not await self._is_present(connection, service):
                    log.warning("nobody answers for %s", service)
                    self._abandon(each for each in waiting if each.service == service)

    async def _is_present(self, connection: AbstractConnection, service: str) -> bool:
        channel = await connection.channel(publisher_confirms=False)
        try:
            queue = bus.rpc_queue_name(self._namespace, service)
            declared = await channel.queue_declare(queue, passive=True)
        except aiormq.exceptions.ChannelNotFoundEntity:
            return False
        await channel.close()
        # With nothing waiting in the queue the calls are being worked on, if only by a service that is stopping.
        return bool(declared.consumer_count) or not declared.message_count

    @staticmethod
    def _abandon(waiting: Iterable[_Pending]) -> None:
        for pending in list(waiting):
            if not pending.reply.done():
                pending.reply.set_exception(DomainError(SERVICE_UNAVAILABLE))

    async def _tell(self, *, connected: bool) -> None:
        for watcher in self._watchers:
            await watcher(connected)


async def _close(connection: AbstractConnection) -> None:
    try:
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            await connection.close()
    except _BROKER_ERRORS:
        pass  # it was lost anyway


def _remaining_s(context: CallContext) -> float:
    if context.deadline is None:
        raise ValueError("a call over the bus needs a deadline")
    remaining_s = (context.deadline - datetime.now(UTC)).total_seconds()
    if remaining_s <= 0:
        raise DomainError(DEADLINE_PASSED)
    return min(remaining_s, CALL_MAX_S)


def _matches(pattern: str, routing_key: str) -> bool:
    """Topic patterns of one `*` a word, as our keys `<source>.<event>` are."""
    wanted, words = pattern.split("."), routing_key.split(".")
    return len(wanted) == len(words) and all(
        want in ("*", word) for want, word in zip(wanted, words, strict=True)
    )
