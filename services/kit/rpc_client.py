"""Calls services over the bus and waits for the answer: for the staff's command line, tools and tests.

Blocking, one call at a time, over one connection that is opened when it is first needed. Services never use it:
what needs two of them is a saga of events.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from amqp.exceptions import AMQPError, NotFound
from google.protobuf.message import Message
from google.rpc import status_pb2
from kombu import Connection, Consumer, Producer, Queue
from kombu.exceptions import OperationalError

from services.kit import bus
from services.kit.app import CallContext, Principal
from services.kit.broker import broker_connection, user_of
from services.kit.errors import (
    DEADLINE_PASSED,
    SERVICE_UNAVAILABLE,
    DomainError,
    FieldError,
    field_errors_of,
    message_zh_of,
    reason_of,
)
from services.kit.events import CONTENT_TYPE
from services.kit.ids import new_id
from services.kit.senders import ONE_EACH, Senders

DEFAULT_TIMEOUT_S: Final = 30.0
CONNECT_TIMEOUT_S: Final = 5.0
#: How often a waiting call looks whether anybody consumes the service's queue.
PRESENCE_EVERY_S: Final = 1.0

_REPLY_TO: Final = "amq.rabbitmq.reply-to"
_BROKER_ERRORS: Final = (AMQPError, OperationalError, OSError)
_Reply = TypeVar("_Reply", bound=Message)


class RpcError(Exception):
    """A service refused, or could not be asked. `status` is what it said."""

    def __init__(self, status: status_pb2.Status) -> None:
        super().__init__(status.message)
        self.status = status

    @property
    def code(self) -> int:
        """The gRPC code."""
        return int(self.status.code)

    @property
    def reason(self) -> str:
        """The code of the closed list."""
        return reason_of(self.status)

    @property
    def zh(self) -> str:
        """The sentence for the person."""
        return message_zh_of(self.status)

    @property
    def fields(self) -> list[FieldError]:
        return field_errors_of(self.status)


class BusClient:
    """A caller on the bus. Not for several threads at once."""

    def __init__(self, amqp_uri: str, namespace: str, *, users: str = ONE_EACH) -> None:
        """`users` is the template of broker users, as `senders.Senders` reads it."""
        self._amqp_uri = amqp_uri
        self._senders = Senders(users)
        self._namespace = namespace
        self._connection: Connection | None = None
        self._producer: Producer | None = None
        self._awaited = ""
        self._answerer = ""
        self._user = ""
        self._reply: Any = None
        self._is_unroutable = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def call(
        self,
        service: str,
        method: str,
        request: Message,
        reply_class: type[_Reply],
        *,
        principal: Principal,
        timeout_s: float = DEFAULT_TIMEOUT_S,
    ) -> _Reply:
        """The reply of `service` to `method`. Raises RpcError."""
        deadline = datetime.now(UTC) + timedelta(seconds=timeout_s)
        context = CallContext(principal, new_id(), deadline=deadline)
        try:
            self._publish(service, method, request.SerializeToString(), context, timeout_s)
            reply = self._wait(service, timeout_s)
        except DomainError as error:
            raise RpcError(error.to_status()) from None
        except _BROKER_ERRORS as error:
            self.close()
            raise RpcError(DomainError(SERVICE_UNAVAILABLE).to_status()) from error
        if int(reply.headers.get(bus.CODE, 0)):
            raise RpcError(status_pb2.Status.FromString(bus.body_of(reply.body)))
        return reply_class.FromString(bus.body_of(reply.body))

    def close(self) -> None:
        """Leave the bus; the next call comes back to it."""
        connection, self._connection, self._producer = self._connection, None, None
        if connection is not None:
            connection.release()

    def _publish(
        self, service: str, method: str, body: bytes, context: CallContext, timeout_s: float
    ) -> None:
        producer = self._producer or self._connect()
        self._awaited, self._reply, self._is_unroutable = context.request_ref, None, False
        self._answerer = self._senders.user_of(service)
        producer.publish(
            body,
            exchange=bus.rpc_exchange(self._namespace).name,
            routing_key=f"{service}.{method}",
            headers=bus.context_headers(context),
            content_type=CONTENT_TYPE,
            content_encoding="binary",
            serializer=None,
            correlation_id=context.request_ref,
            user_id=self._user,
            reply_to=_REPLY_TO,
            expiration=timeout_s,  # kombu takes seconds
            delivery_mode=1,
            mandatory=True,
        )

    def _wait(self, service: str, timeout_s: float) -> Any:
        deadline_s = time.monotonic() + timeout_s
        while self._reply is None:
            remaining_s = deadline_s - time.monotonic()
            if remaining_s <= 0:
                raise DomainError(DEADLINE_PASSED)
            try:
                self._drain(min(remaining_s, PRESENCE_EVERY_S))
            except TimeoutError:
                if not self._is_present(service):
                    raise DomainError(SERVICE_UNAVAILABLE) from None
            if self._is_unroutable:
                raise DomainError(SERVICE_UNAVAILABLE)
        return self._reply

    def _drain(self, timeout_s: float) -> None:
        assert self._connection is not None
        self._connection.drain_events(timeout=timeout_s)

    def _connect(self) -> Producer:
        self._connection = broker_connection(self._amqp_uri, connect_timeout=CONNECT_TIMEOUT_S)
        channel: Any = self._connection.channel()
        # Services declare it; who only calls need not have the right to.
        channel.exchange_declare(bus.rpc_exchange(self._namespace).name, "topic", passive=True)
        # Replies come to the channel that asked, through a queue that only looks like one.
        replies = Queue(_REPLY_TO, no_declare=True)
        Consumer(channel, [replies], no_ack=True, on_message=self._on_reply).consume()
        channel.events["basic_return"].add(self._on_return)
        self._producer = Producer(channel, auto_declare=False)
        self._user = user_of(self._connection)
        return self._producer

    def _on_reply(self, message: Any) -> None:
        is_ours = message.properties.get("correlation_id") == self._awaited
        if is_ours and bus.user_id_of(message) == self._answerer:
            self._reply = message

    def _on_return(self, *_: object) -> None:
        self._is_unroutable = True

    def _is_present(self, service: str) -> bool:
        assert self._connection is not None
        channel: Any = self._connection.channel()
        try:
            queue = bus.rpc_queue_name(self._namespace, service)
            found = channel.queue_declare(queue, passive=True)
            # With nothing waiting in the queue our call is being worked on, if only by a service that is stopping.
            return bool(found.consumer_count) or not found.message_count
        except NotFound:
            return False
        finally:
            channel.close()
