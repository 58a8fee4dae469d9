"""Hosts an App in nameko: the only module that imports nameko (docs/adr/0002).

Calls arrive through nameko's RPC consumer, with protobuf bodies; relay, tickers and subscriptions run in green
threads beside them.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from amqp.exceptions import AMQPError
from kombu import Connection
from kombu.exceptions import OperationalError
from kombu.pools import producers
from nameko.exceptions import ContainerBeingKilled
from nameko.extensions import DependencyProvider, Extension
from nameko.messaging import QueueConsumer, QueueConsumerStopped
from nameko.rpc import Rpc, RpcConsumer
from nameko.runners import ServiceRunner

from services.kit import backlogs, bus, housekeeping, metrics, relay, tickers
from services.kit.app import CallContext, Runtime
from services.kit.broker import broker_connection, tls_options, user_of
from services.kit.calls import Reply, execute, refusal
from services.kit.errors import NOT_ALLOWED, REQUEST_MALFORMED, DomainError
from services.kit.events import CONTENT_TYPE
from services.kit.subscription_loop import (
    STOP_LOOK_S,
    QuickReconnect,
    StoppedWhileAway,
    SubscriptionLoop,
)

log = logging.getLogger(__name__)

_AMQP_URI = "AMQP_URI"
_BROKER_ERRORS = (AMQPError, OperationalError, OSError)

# A reply is worth a short wait for the broker; a caller that waits longer asks again.
_REPLY_TRIES = {"max_retries": 3, "interval_start": 0.1, "interval_step": 0.3, "interval_max": 1.0}
# How long an event, a batch of the relay or a ticker that is at work may take to end when stopping.
STOP_PATIENCE_S = 10.0


def send_reply(connection: Connection, message: Any, reply: Reply) -> None:
    """Send the reply to whoever asked; a call without a return address gets none."""
    properties = message.properties
    if not properties.get("reply_to"):
        return
    with producers[connection].acquire(block=True) as producer:
        producer.publish(
            reply.body,
            exchange="",
            routing_key=properties["reply_to"],
            correlation_id=properties.get("correlation_id"),
            headers={
                bus.CODE: reply.code,
                bus.BLOB: reply.blob,
                bus.BLOB_KEY: reply.blob_key.hex(),
                bus.AGAIN: reply.again,
            },
            content_type=CONTENT_TYPE,
            content_encoding="binary",
            serializer=None,
            user_id=user_of(connection),
            delivery_mode=1,
            retry=True,
            retry_policy=_REPLY_TRIES,
        )


class CallQueueConsumer(QuickReconnect, QueueConsumer):
    """nameko's consumer acknowledges, and so loses, what it cannot decode; this one says so to the caller.

    nameko also stops consuming only from between two messages, which never comes while the broker is away.
    """

    _pending_remove_providers: dict[Any, Any]

    def run(self) -> None:
        try:
            super().run()
        except StoppedWhileAway:
            log.info("stopped while the broker was away")

    def stop(self) -> None:
        if not self._consumers_ready.ready():
            # nameko would end this thread by an error, and with it the process as if it had failed.
            self._consumers_ready.send_exception(QueueConsumerStopped())
            self.should_stop = True
        super().stop()

    def stops(self) -> bool:
        """Whether nameko wants to stop; it waits for consumers to be cancelled that are gone with the connection."""
        asked, self._pending_remove_providers = self._pending_remove_providers, {}
        for removed in asked.values():
            removed.send()
        return bool(asked) or super().stops()

    def on_decode_error(self, message: Any, exc: Exception) -> None:
        log.error("call with a body that is not protobuf: %s", type(exc).__name__)
        try:
            send_reply(self.connection, message, refusal(DomainError(REQUEST_MALFORMED)))
            message.reject()
        except _BROKER_ERRORS as error:
            log.warning("reply not sent: %s", type(error).__name__)


class CallConsumer(RpcConsumer):
    """nameko's RPC consumer on our exchange and queue; one entrypoint serves every method of the App's table."""

    queue_consumer = CallQueueConsumer()
    queue: Any

    def setup(self) -> None:
        if self.queue is not None:
            return
        namespace = self.container.service_cls.runtime.kit.namespace
        self.queue = bus.rpc_queue(namespace, self.container.service_name)
        self.connection = broker_connection(self.container.config[_AMQP_URI])
        self.queue_consumer.register_provider(self)
        self._registered = True

    def handle_message(self, body: Any, message: Any) -> None:
        next(iter(self._providers)).handle_message(body, message)

    def answer(self, message: Any, reply: Reply) -> None:
        """Send the reply, then acknowledge the call.

        When the broker is away the call comes again after it is back; its request_id makes that harmless.
        """
        try:
            send_reply(self.connection, message, reply)
            self.queue_consumer.ack_message(message)
        except _BROKER_ERRORS as error:
            log.warning("reply not sent: %s", type(error).__name__)
            self.give_back(message)

    def give_back(self, message: Any) -> None:
        """Return the call to its queue, which a lost connection has done already."""
        try:
            self.queue_consumer.requeue_message(message)
        except _BROKER_ERRORS as error:
            log.warning("call not given back: %s", type(error).__name__)


class Calls(Rpc):
    """The entrypoint of all methods of an App."""

    rpc_consumer = CallConsumer()

    def handle_message(self, body: Any, message: Any) -> None:
        method = message.delivery_info["routing_key"].rsplit(".", 1)[-1]
        context = bus.context_from(message.headers or {})
        if not self._is_believed(method, message, context):
            self.rpc_consumer.answer(message, refusal(DomainError(NOT_ALLOWED)))
            return
        args = (method, bus.body_of(body), context)
        try:
            self.container.spawn_worker(
                self, args, {}, handle_result=partial(self.handle_result, message)
            )
        except ContainerBeingKilled:
            self.rpc_consumer.give_back(message)

    def _is_believed(self, method: str, message: Any, context: CallContext) -> bool:
        """Whether the sender may make this call in the name of whom it says; whatever a message says of itself."""
        service, user_id = self.container.service_name, bus.user_id_of(message)
        senders = self.container.service_cls.runtime.kit.senders
        if senders.may_call(user_id, context.principal, service=service, method=method):
            return True
        log.error(
            "forged call refused service=%s principal=%s user=%s",
            service,
            context.principal.kind,
            user_id,
        )
        metrics.FORGED.labels(service, "call").inc()
        return False

    def handle_result(self, message: Any, worker_ctx: Any, result: Any, exc_info: Any) -> Any:
        if exc_info is None:
            self.rpc_consumer.answer(message, result)
        else:
            self.rpc_consumer.give_back(message)
        return None, exc_info


calls = Calls.decorator


class Background(Extension):
    """The relay, the tickers and the subscriptions of a service, in green threads beside its calls."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self._stopping = False
        self._loops: list[SubscriptionLoop] = []
        self._threads: list[Any] = []
        super().__init__()

    def start(self) -> None:
        """Return when every subscription is bound: what is published from then on is not missed."""
        runtime, uri = self.runtime, self.container.config[_AMQP_URI]
        for subscription in runtime.app.subscriptions:
            loop = SubscriptionLoop(runtime, subscription, amqp_uri=uri)
            self._loops.append(loop)
            self._spawn(f"events of {subscription.source}", loop.work)
        for loop in self._loops:
            while not (loop.bound.wait(STOP_LOOK_S) or self._stopping):
                pass
        self._spawn("relay", partial(relay.run, runtime, amqp_uri=uri, stopping=self._is_stopping))
        self._spawn("backlogs", partial(backlogs.run, runtime, stopping=self._is_stopping))
        for ticker in (*runtime.app.tickers, *housekeeping.TICKERS):
            work = partial(tickers.run, runtime, ticker, stopping=self._is_stopping)
            self._spawn(ticker.name, work)

    def stop(self) -> None:
        """Let what is at work end; nameko kills what takes longer, and its transaction is undone."""
        self.kill()
        deadline = time.monotonic() + STOP_PATIENCE_S
        while time.monotonic() < deadline and not all(each.dead for each in self._threads):
            time.sleep(0.05)

    def kill(self) -> None:
        self._stopping = True
        for loop in self._loops:
            loop.should_stop = True

    def _is_stopping(self) -> bool:
        return self._stopping

    def _spawn(self, name: str, work: Callable[[], None]) -> None:
        self._threads.append(self.container.spawn_managed_thread(work, identifier=name))


class _BackgroundProvider(DependencyProvider):
    """Ties `Background` to the container's life; nameko binds extensions only through a provider."""

    def __init__(self, runtime: Runtime) -> None:
        self.background = Background(runtime)
        super().__init__()


def service_class(runtime: Runtime) -> type:
    """The nameko service of an App: one entrypoint for its calls, its background beside it."""

    def call(self: object, method: str, body: bytes, context: CallContext) -> Reply:
        return execute(runtime, method, body, context)

    return type(
        f"{runtime.app.name.capitalize()}Service",
        (),
        {
            "name": runtime.app.name,
            "runtime": runtime,
            "background": _BackgroundProvider(runtime),
            "call": calls(call),
        },
    )


def runner(runtimes: list[Runtime], *, amqp_uri: str) -> ServiceRunner:
    """A nameko runner that hosts these services in this process."""
    bus.register_protobuf()
    workers = max(runtime.settings.workers for runtime in runtimes)
    config = {
        _AMQP_URI: amqp_uri,
        "ACCEPT": ["protobuf"],
        "max_workers": workers,
    }
    if tls := tls_options(amqp_uri):
        config["AMQP_SSL"] = tls
    services = ServiceRunner(config)
    for runtime in runtimes:
        services.add_service(service_class(runtime))
    return services
