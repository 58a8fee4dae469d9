"""What one hall leaves on a broker that is not ours: its queues and exchanges, deleted by name.

AMQP cannot list, so the names come from the services' own tables; on our own node everything is found by listing.
"""

from __future__ import annotations

from kombu.connection import Connection

from services.kit import bus
from services.kit.registry import SERVICES, app_of

CONNECT_TIMEOUT_S = 5.0


def queues_of(namespace: str) -> list[str]:
    """Every lasting queue of a hall; replies and outcomes have queues that end with their connection."""
    subscribed = [
        bus.subscription_queue_name(namespace, service, subscription)
        for service in SERVICES
        for subscription in app_of(service).subscriptions
    ]
    return [
        *subscribed,
        *(f"{name}.dead" for name in subscribed),
        *(bus.rpc_queue_name(namespace, service) for service in SERVICES),
        bus.unrouted_queue(namespace).name,
    ]


def exchanges_of(namespace: str) -> list[str]:
    """Every exchange of a hall."""
    made = (bus.events_exchange, bus.unrouted_exchange, bus.dead_exchange, bus.rpc_exchange)
    return [exchange(namespace).name for exchange in made]


def delete_named(amqp_uri: str, namespace: str) -> None:
    """Delete them all; the broker does not mind one that was never made."""
    with (
        Connection(amqp_uri, connect_timeout=CONNECT_TIMEOUT_S) as connection,
        connection.channel() as channel,
    ):
        for queue in queues_of(namespace):
            channel.queue_delete(queue)
        for exchange in exchanges_of(namespace):
            channel.exchange_delete(exchange)
