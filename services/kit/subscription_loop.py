"""Takes one event after the other from one subscription's queue, for as long as the process lives.

What becomes of each is `consume`'s decision; this file knows the broker: reconnecting, acknowledging, rejecting into
the dead letters, and standing aside while the store is away, so that no event is used up by an outage.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kombu import Connection, Consumer
from kombu.mixins import ConsumerMixin

from services.kit import bus
from services.kit.app import Runtime, Subscription
from services.kit.broker import broker_connection
from services.kit.consume import Outcome, Parked, process

log = logging.getLogger(__name__)

HEARTBEAT_S = 60
STORE_LOOK_S = 1.0
# How often a loop without events looks whether it should stop.
STOP_LOOK_S = 0.5


class StoppedWhileAway(Exception):
    """Ends waiting for a broker that is away: we are told to stop."""


class QuickReconnect:
    """kombu's own pauses grow to 30 s; a restarted broker should be used again within a few seconds.

    It would also wait for ever: who is told to stop meanwhile ends with StoppedWhileAway.
    """

    @contextmanager
    def establish_connection(self) -> Iterator[Connection]:
        host: Any = self
        with host.create_connection() as connection:
            connection.ensure_connection(
                host.on_connection_error,
                None,
                interval_start=0.2,
                interval_step=0.5,
                interval_max=3,
                callback=self._look_whether_to_stop,
            )
            yield connection

    def stops(self) -> bool:
        """Whether we are told to stop; asked while there is no connection."""
        host: Any = self
        return bool(host.should_stop)

    def _look_whether_to_stop(self) -> None:
        if self.stops():
            raise StoppedWhileAway


class _StoreAway(Exception):
    """Ends consuming until the store answers again."""


class SubscriptionLoop(QuickReconnect, ConsumerMixin):
    """One subscription of one service. `work` returns after `should_stop` was set."""

    def __init__(self, runtime: Runtime, subscription: Subscription, *, amqp_uri: str) -> None:
        self.runtime = runtime
        self.subscription = subscription
        self.connection = broker_connection(amqp_uri, heartbeat=HEARTBEAT_S)
        #: set once the queue is bound and consumed: from then on no event passes by
        self.bound = threading.Event()
        self._parked = Parked()

    def work(self) -> None:
        """Consume until `should_stop`."""
        while not self.should_stop:
            try:
                self.run(safety_interval=STOP_LOOK_S)
            except StoppedWhileAway:
                return
            except _StoreAway:
                self._wait_for_store()

    def get_consumers(self, consumer_cls: Any, channel: Any) -> list[Consumer]:
        queue = bus.declare_subscription(
            channel,
            namespace=self.runtime.kit.namespace,
            consumer=self.runtime.app.name,
            subscription=self.subscription,
        )
        return [consumer_cls(queues=[queue], on_message=self.handle, prefetch_count=1)]

    def on_consume_ready(self, *_: Any, **__: Any) -> None:
        self.bound.set()

    def on_connection_error(self, error: Exception, interval_s: float) -> None:
        log.warning(
            "broker unreachable for %s, next try in %.1f s: %s",
            self.runtime.app.name,
            interval_s,
            type(error).__name__,
        )

    def handle(self, message: Any) -> None:
        outcome = process(
            self.runtime,
            self.subscription,
            message.headers or {},
            bus.body_of(message.body),
            user_id=bus.user_id_of(message),
            parked=self._parked,
            stopping=lambda: self.should_stop,
        )
        if outcome is Outcome.HANDLED:
            message.ack()
            return
        message.reject(requeue=outcome is Outcome.RETURNED)
        if outcome is Outcome.RETURNED:
            raise _StoreAway

    def _wait_for_store(self) -> None:
        while not self.should_stop and not self.runtime.database.answers():
            time.sleep(STORE_LOOK_S)
