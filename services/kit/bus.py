"""Names and shapes of everything on the broker, in one place, under one namespace.

Safety is declared with the queue itself (quorum, dead-lettering at least once, refusing instead of dropping when
full), so it does not depend on a policy that somebody may forget; see docs/adr/0004.

    <ns>.events            topic exchange of all domain events; unroutable ones go to <ns>.unrouted
    <ns>.events.<consumer>.<source>.<queue>   quorum queue of one subscription
    <ns>.dead              where rejected messages go; one quorum queue `<queue>.dead` each
    <ns>.rpc               topic exchange of calls; queue <ns>.rpc.<service>
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from kombu import Exchange, Queue, binding
from kombu.serialization import register

from services.kit.app import CallContext, Principal, Subscription
from services.kit.events import CONTENT_TYPE

#: Deliveries after a crash in the middle of handling; then the message is dead, not lost.
DELIVERIES_MAX = 20

#: Looking at a dead letter is a delivery too, and brokers from 4.0 on drop a message after 20 of them by default.
LOOKS_MAX = 1_000_000_000

#: A service's call queue outlives a restart of the service and of the broker, and is forgotten after this; longer
#: than any call's deadline, so no call is lost with it.
CALL_QUEUE_EXPIRES_MS = 60_000

#: Callers whose header is remembered, 1 KB each: an agent at work calls again within seconds.
CALLERS_MAX = 2000

#: Names of headers beside the body of a call and of its reply.
PRINCIPAL = "hpf-principal"
REQUEST_REF = "hpf-request-ref"
TRACEPARENT = "traceparent"
DEADLINE = "hpf-deadline"
CODE = "hpf-code"
BLOB = "hpf-blob"
BLOB_KEY = "hpf-blob-key"  # hexadecimal
AGAIN = "hpf-again"

_PRINCIPAL_FIELDS = tuple(each.name for each in fields(Principal))


def body_of(content: Any) -> bytes:
    """A message's content as bytes; kombu hands an empty one over as text."""
    return content.encode() if isinstance(content, str) else bytes(content or b"")


def user_id_of(message: Any) -> str:
    """Whom the broker vouches for as the sender of a kombu message; empty when the sender did not say."""
    return str(message.properties.get("user_id") or "")


def register_protobuf() -> None:
    """Teach kombu to hand protobuf bodies over as the bytes they are."""
    register("protobuf", bytes, bytes, content_type=CONTENT_TYPE, content_encoding="binary")


def unrouted_exchange(namespace: str) -> Exchange:
    return Exchange(f"{namespace}.unrouted", type="fanout", durable=True)


def unrouted_queue(namespace: str) -> Queue:
    """Events that nobody is bound for: none is lost before its first consumer has ever started."""
    return Queue(
        f"{namespace}.unrouted",
        unrouted_exchange(namespace),
        durable=True,
        queue_arguments={
            "x-queue-type": "quorum",
            "x-max-length": 1_000_000,
            "x-delivery-limit": LOOKS_MAX,
        },
    )


def events_exchange(namespace: str) -> Exchange:
    return Exchange(
        f"{namespace}.events",
        type="topic",
        durable=True,
        arguments={"alternate-exchange": f"{namespace}.unrouted"},
    )


def dead_exchange(namespace: str) -> Exchange:
    return Exchange(f"{namespace}.dead", type="direct", durable=True)


def rpc_exchange(namespace: str) -> Exchange:
    return Exchange(f"{namespace}.rpc", type="topic", durable=True)


def rpc_queue_name(namespace: str, service: str) -> str:
    return f"{namespace}.rpc.{service}"


def rpc_queue(namespace: str, service: str) -> Queue:
    """Where a service takes its calls from. Classic, since a call that is lost is asked again by its caller."""
    return Queue(
        rpc_queue_name(namespace, service),
        rpc_exchange(namespace),
        routing_key=f"{service}.*",
        durable=True,
        queue_arguments={"x-expires": CALL_QUEUE_EXPIRES_MS},
    )


def safe_queue(namespace: str, name: str, exchange: Exchange, routing_keys: list[str]) -> Queue:
    """A quorum queue whose rejected messages are kept in `<name>.dead`."""
    return Queue(
        name,
        exchange,
        bindings=[binding(exchange, routing_key=key) for key in routing_keys],
        durable=True,
        queue_arguments={
            "x-queue-type": "quorum",
            "x-dead-letter-exchange": f"{namespace}.dead",
            "x-dead-letter-routing-key": name,
            "x-dead-letter-strategy": "at-least-once",
            "x-overflow": "reject-publish",
            "x-delivery-limit": DELIVERIES_MAX,
            # With several replicas one consumes and the others stand by: one employer's events keep their order.
            "x-single-active-consumer": True,
        },
    )


def dead_queue(namespace: str, name: str) -> Queue:
    return Queue(
        f"{name}.dead",
        dead_exchange(namespace),
        routing_key=name,
        durable=True,
        queue_arguments={"x-queue-type": "quorum", "x-delivery-limit": LOOKS_MAX},
    )


def subscription_queue_name(namespace: str, consumer: str, subscription: Subscription) -> str:
    return f"{namespace}.events.{consumer}.{subscription.source}.{subscription.queue}"


def declare_subscription(
    channel: Any, *, namespace: str, consumer: str, subscription: Subscription
) -> Queue:
    """Declare a subscription's queue with its dead letters; returns the queue to consume from."""
    name = subscription_queue_name(namespace, consumer, subscription)
    declare_events(channel, namespace)
    return declare_safe(
        channel, namespace, name, events_exchange(namespace), subscription.routing_keys()
    )


def declare_safe(
    channel: Any, namespace: str, name: str, exchange: Exchange, routing_keys: list[str]
) -> Queue:
    dead_exchange(namespace)(channel).declare()
    dead_queue(namespace, name)(channel).declare()
    queue = safe_queue(namespace, name, exchange, routing_keys)(channel)
    queue.declare()
    return queue


def declare_events(channel: Any, namespace: str) -> None:
    """Declare the events exchange with its net for what nobody is bound for."""
    unrouted_exchange(namespace)(channel).declare()
    unrouted_queue(namespace)(channel).declare()
    events_exchange(namespace)(channel).declare()


def context_headers(context: CallContext) -> dict[str, str]:
    """A call's context as message headers."""
    headers = {
        PRINCIPAL: _header_of(context.principal),
        REQUEST_REF: context.request_ref,
        TRACEPARENT: context.traceparent,
    }
    if context.deadline is not None:
        headers[DEADLINE] = context.deadline.isoformat()
    return headers


def context_from(headers: Mapping[str, Any]) -> CallContext:
    """Read a call's context; a message without a readable principal is a call by nobody."""
    try:
        principal = _principal_of(headers[PRINCIPAL])
    except (KeyError, ValueError, TypeError):
        principal = Principal()
    try:
        deadline = datetime.fromisoformat(str(headers[DEADLINE])).astimezone(UTC)
    except (KeyError, ValueError):
        deadline = None
    return CallContext(
        principal=principal,
        request_ref=str(headers.get(REQUEST_REF, "")),
        traceparent=str(headers.get(TRACEPARENT, "")),
        deadline=deadline,
    )


@lru_cache(maxsize=CALLERS_MAX)
def _header_of(principal: Principal) -> str:
    content = {name: getattr(principal, name) for name in _PRINCIPAL_FIELDS}
    return base64.b64encode(json.dumps(content).encode()).decode()


@lru_cache(maxsize=CALLERS_MAX)
def _principal_of(header: str) -> Principal:
    """Raises KeyError, ValueError or TypeError for what `_header_of` has not written."""
    content = json.loads(base64.b64decode(header))
    if not isinstance(content, dict):
        raise TypeError("a principal is an object")
    for name in ("roles", "policies"):
        content[name] = tuple(content.get(name, ()))
    return Principal(**content)
