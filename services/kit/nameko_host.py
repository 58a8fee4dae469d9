"""Hosts an App in nameko: the only module that imports nameko or eventlet's hub (docs/adr/0002).

Calls arrive through nameko's RPC consumer, with protobuf bodies; events through loops
of our own, which acknowledge only what was handled and reject the rest into dead letters.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import Any

from kombu import Connection, Consumer, Queue
from kombu.mixins import ConsumerMixin
from kombu.pools import producers
from nameko.exceptions import ContainerBeingKilled
from nameko.extensions import DependencyProvider, Extension
from nameko.messaging import QueueConsumer
from nameko.rpc import Rpc, RpcConsumer
from nameko.runners import ServiceRunner

from services.kit import bus, relay, tickers
from services.kit.app import CallContext, Runtime, Subscription
from services.kit.calls import Reply, execute
from services.kit.consume import Outcome, process
from services.kit.events import CONTENT_TYPE

log = logging.getLogger(__name__)

_AMQP_URI = "AMQP_URI"


class RejectingQueueConsumer(QueueConsumer):
    """nameko's consumer acknowledges, and so loses, what it cannot decode; this one rejects it."""

    def on_decode_error(self, message: Any, exc: Exception) -> None:
        log.error("undecodable call rejected: %s", type(exc).__name__)
        message.reject()


class CallConsumer(RpcConsumer):
    """nameko's RPC consumer on our exchange and queue, with an unknown method answered instead of raised."""

    queue_consumer = RejectingQueueConsumer()

    def setup(self) -> None:
        if self.queue is not None:
            return
        namespace = self.container.service_cls.runtime.kit.namespace
        service = self.container.service_name
        self.queue = Queue(
            f"{namespace}.rpc.{service}",
            exchange=bus.rpc_exchange(namespace),
            routing_key=f"{service}.*",
            durable=True,
        )
        self.queue_consumer.register_provider(self)
        self._registered = True

    def handle_message(self, body: Any, message: Any) -> None:
        # One entrypoint serves every method: the App's table knows which exist.
        next(iter(self._providers)).handle_message(body, message)

    def answer(self, message: Any, reply: Reply) -> None:
        """Send the reply, then acknowledge the call."""
        properties = message.properties
        if properties.get("reply_to"):
            connection = Connection(self.container.config[_AMQP_URI])
            with producers[connection].acquire(block=True) as producer:
                producer.publish(
                    reply.body,
                    exchange="",
                    routing_key=properties["reply_to"],
                    correlation_id=properties.get("correlation_id"),
                    headers={bus.CODE: reply.code, bus.BLOB: reply.blob},
                    content_type=CONTENT_TYPE,
                    content_encoding="binary",
                    serializer=None,
                    delivery_mode=1,
                )
        self.queue_consumer.ack_message(message)


class Calls(Rpc):
    """The entrypoint of all methods of an App."""

    rpc_consumer = CallConsumer()

    def handle_message(self, body: Any, message: Any) -> None:
        method = message.delivery_info["routing_key"].rsplit(".", 1)[-1]
        args = (method, body, bus.context_from(message.headers or {}))
        try:
            self.container.spawn_worker(
                self, args, {}, handle_result=partial(self.handle_result, message)
            )
        except ContainerBeingKilled:
            self.rpc_consumer.requeue_message(message)

    def handle_result(self, message: Any, worker_ctx: Any, result: Any, exc_info: Any) -> Any:
        if exc_info is None:
            self.rpc_consumer.answer(message, result)
        else:
            self.rpc_consumer.requeue_message(message)
        return None, exc_info


calls = Calls.decorator


class _SubscriptionLoop(ConsumerMixin):
    """Takes one message after the other from one subscription's queue."""

    def __init__(
        self, runtime: Runtime, subscription: Subscription, connection: Connection
    ) -> None:
        self.runtime = runtime
        self.subscription = subscription
        self.connection = connection

    def get_consumers(self, consumer_cls: Any, channel: Any) -> list[Consumer]:
        queue = bus.declare_subscription(
            channel,
            namespace=self.runtime.kit.namespace,
            consumer=self.runtime.app.name,
            subscription=self.subscription,
        )
        return [consumer_cls(queues=[queue], on_message=self.handle, prefetch_count=1)]

    def handle(self, message: Any) -> None:
        body = message.body
        outcome = process(
            self.runtime,
            self.subscription,
            message.headers or {},
            body.encode() if isinstance(body, str) else bytes(body),
            stopping=lambda: self.should_stop,
        )
        if outcome is Outcome.HANDLED:
            message.ack()
        else:
            message.reject(requeue=outcome is Outcome.RETURNED)


class Background(Extension):
    """The relay, the tickers and the subscriptions of a service, in green threads beside its calls."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self._stopping = False
        self._loops: list[_SubscriptionLoop] = []
        super().__init__(runtime)

    def start(self) -> None:
        runtime, uri = self.runtime, self.container.config[_AMQP_URI]
        self._spawn("relay", partial(relay.run, runtime, amqp_uri=uri, stopping=self._is_stopping))
        for ticker in runtime.app.tickers:
            work = partial(tickers.run, runtime, ticker, stopping=self._is_stopping)
            self._spawn(ticker.name, work)
        for subscription in runtime.app.subscriptions:
            loop = _SubscriptionLoop(runtime, subscription, Connection(uri, heartbeat=60))
            self._loops.append(loop)
            self._spawn(f"events of {subscription.source}", loop.run)

    def stop(self) -> None:
        self._stopping = True
        for loop in self._loops:
            loop.should_stop = True

    kill = stop

    def _is_stopping(self) -> bool:
        return self._stopping

    def _spawn(self, name: str, work: Callable[[], None]) -> None:
        self.container.spawn_managed_thread(work, identifier=name)


class _BackgroundProvider(DependencyProvider):
    """Ties `Background` to the container's life; nameko binds extensions only through a provider."""

    def __init__(self, runtime: Runtime) -> None:
        self.background = Background(runtime)
        super().__init__(runtime)


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
    services = ServiceRunner(config)
    for runtime in runtimes:
        services.add_service(service_class(runtime))
    return services
