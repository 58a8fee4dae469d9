"""A broker that is not ours: nothing of a hall stays behind on it."""

from __future__ import annotations

import pytest
from amqp.exceptions import NotFound
from kombu import Connection

from deploy.local import bus_objects, infra
from services.kit import bus
from services.kit.registry import SERVICES, app_of
from tests.conftest import Amqp


def test_nothing_of_a_hall_stays_on_a_given_broker(
    amqp: Amqp, monkeypatch: pytest.MonkeyPatch
) -> None:
    declare_a_hall(amqp)
    assert left_behind(amqp) == [
        *bus_objects.queues_of(amqp.namespace),
        *bus_objects.exchanges_of(amqp.namespace),
    ]
    monkeypatch.setenv("AMQP_URI", amqp.uri)

    infra.drop_bus_objects(amqp.namespace)

    assert left_behind(amqp) == []
    infra.drop_bus_objects(amqp.namespace)  # what is gone already is no mistake


def declare_a_hall(amqp: Amqp) -> None:
    """Everything that the services declare when they start."""
    with Connection(amqp.uri) as connection, connection.channel() as channel:
        for service in SERVICES:
            bus.rpc_queue(amqp.namespace, service)(channel).declare()
            for subscription in app_of(service).subscriptions:
                bus.declare_subscription(
                    channel,
                    namespace=amqp.namespace,
                    consumer=service,
                    subscription=subscription,
                )


def left_behind(amqp: Amqp) -> list[str]:
    """Which queues and exchanges of the hall are there."""
    with Connection(amqp.uri) as connection:

        def there(name: str, *, kind: str) -> bool:
            channel = connection.channel()
            try:
                if kind == "queue":
                    channel.queue_declare(name, passive=True)
                else:
                    channel.exchange_declare(name, type="topic", passive=True)
            except NotFound:
                return False
            channel.close()
            return True

        queues = bus_objects.queues_of(amqp.namespace)
        exchanges = bus_objects.exchanges_of(amqp.namespace)
        return [name for name in queues if there(name, kind="queue")] + [
            name for name in exchanges if there(name, kind="exchange")
        ]
