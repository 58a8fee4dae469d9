"""One function runs every call, one every event: parse, claim, decide, keep, answer.

`execute` never raises for anything a caller can cause; what it cannot foresee becomes FAULT with the request's
reference, logged once with its traceback. This is one of the places that catch everything (CONTRIBUTING.md).
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeVar

from google.protobuf.message import DecodeError, Message
from google.rpc import status_pb2
from hpf.common.v1 import options_pb2
from sqlalchemy.exc import DBAPIError

from services.kit import idempotency, inbox, metrics
from services.kit.app import (
    BlobReply,
    Call,
    CallContext,
    Method,
    Principal,
    Runtime,
    Standing,
    Subscription,
)
from services.kit.db import is_connection_lost, is_worth_another_try
from services.kit.errors import (
    CONCURRENT_CHANGE,
    DEADLINE_PASSED,
    FAULT,
    FIELD_INVALID,
    METHOD_UNKNOWN,
    NOT_ALLOWED,
    REQUEST_ID_INVALID,
    REQUEST_MALFORMED,
    RETRYABLE,
    SERVICE_UNAVAILABLE,
    SESSION_REQUIRED,
    DomainError,
    FieldError,
    fact,
    reason_of,
)
from services.kit.events import Event, Poison
from services.kit.idempotency import Answer, RequestKey
from services.kit.ids import is_request_id
from services.kit.logs import account_of
from services.kit.plain_text import NOT_PLAIN_ZH
from services.kit.submissions import submitting
from services.kit.submissions.submission import Submission
from services.kit.zero_characters import path_of_zero

log = logging.getLogger(__name__)

# Deadlocks and lock waits resolve themselves; more tries than this mean a standstill that somebody must see.
TRIES_MAX = 4

SYSTEM = Principal(kind="system", name="event")

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back to the caller: with `code` 0 the reply message, else a serialized google.rpc.Status.
    `blob` names a file whose content follows the message, `blob_key` opens it. `again`, when given, says that more is
    to come, and about what one may hear of it (`Standing`)."""

    code: int
    body: bytes
    blob: str = ""
    blob_key: bytes = field(default=b"", repr=False)
    again: str = ""


def execute(runtime: Runtime, method_name: str, body: bytes, context: CallContext) -> Reply:
    """Run one call from request bytes to reply."""
    started_s = time.monotonic()
    try:
        reply = _answer(runtime, method_name, body, context)
    except Exception as error:  # noqa: BLE001  # whatever it is, the caller gets an answer
        log.error(
            "call failed method=%s request=%s %s",
            method_name,
            context.request_ref,
            account_of(error),
        )
        reply = refusal(fact(FAULT, request_ref=context.request_ref))
    seconds = time.monotonic() - started_s
    known_name = method_name if method_name in runtime.app.methods else "unknown"
    metrics.CALLS.labels(runtime.app.name, known_name, reply.code).inc()
    metrics.CALL_SECONDS.labels(runtime.app.name, known_name).observe(seconds)
    log.info(
        "call method=%s code=%d ms=%d request=%s principal=%s",
        known_name,
        reply.code,
        seconds * 1000,
        context.request_ref,
        context.principal.kind,
    )
    return reply


def refusal(error: DomainError) -> Reply:
    """A refusal as it travels."""
    return Reply(int(error.reason.kind.value), error.to_status().SerializeToString())


def handle_event(runtime: Runtime, subscription: Subscription, event: Event) -> bool:
    """Run one event's handler in a transaction with its inbox row; False when it was handled before.

    Raises Poison for what no later try can handle, anything else for what one might.
    """
    handler = subscription.handlers.get(event.type, subscription.others)
    if handler is None:
        raise Poison(f"{runtime.app.name} has no handler for {event.type}")
    if event.source != subscription.source:
        raise Poison(f"an event of {event.source!r} in the queue of {subscription.source}")
    message = event.message() if event.type in subscription.handlers else None
    if message is not None and path_of_zero(message, event.body):
        raise Poison("a text with a zero character, which no store keeps")
    consumer = f"{runtime.app.name}.{subscription.source}.{subscription.queue}"

    def work() -> bool:
        with runtime.database.transaction() as connection:
            if not inbox.first_time(connection, consumer=consumer, event_id=event.event_id):
                return False
            context = CallContext(SYSTEM, event.correlation_id, event.traceparent)
            call = Call(
                runtime,
                connection,
                context,
                runtime.clock.now(),
                cause=event.event_id,
                correlation=event.correlation_id,
                event=event,
            )
            handler(call, message)
            return True

    return _with_tries(work)


def _answer(runtime: Runtime, method_name: str, body: bytes, context: CallContext) -> Reply:
    try:
        return _execute(runtime, method_name, body, context)
    except DomainError as error:
        return refusal(error)
    except DBAPIError as error:
        return refusal(_database_error(error, context))


def _execute(runtime: Runtime, method_name: str, body: bytes, context: CallContext) -> Reply:
    method = runtime.app.methods.get(method_name)
    if method is None:
        raise DomainError(METHOD_UNKNOWN)
    check_access(method, context.principal)
    if context.deadline is not None and runtime.clock.now() > context.deadline:
        raise DomainError(DEADLINE_PASSED)
    try:
        request = method.request_class.FromString(body)
    except DecodeError:
        raise DomainError(REQUEST_MALFORMED) from None
    if path := path_of_zero(request, body):
        raise DomainError(
            FIELD_INVALID, fields=[FieldError(path, FIELD_INVALID.code, NOT_PLAIN_ZH)]
        )
    if method.changes:
        if runtime.app.before_change is not None:
            runtime.app.before_change(runtime, request, context.principal)
        return _with_tries(lambda: _change(runtime, method, request, context))
    if runtime.app.before_read is not None:
        runtime.app.before_read(runtime, request, context.principal)
    return _with_tries(lambda: _read(runtime, method, request, context))


def check_access(method: Method, principal: Principal) -> None:
    """Second lock behind the edge's: a method runs only for the kind of caller its option names."""
    if method.access == options_pb2.ACCESS_EMPLOYER:
        if principal.kind != "employer" or not principal.employer_no:
            raise DomainError(SESSION_REQUIRED)
    elif method.access == options_pb2.ACCESS_STAFF and principal.kind not in ("staff", "system"):
        raise DomainError(NOT_ALLOWED)


def _read(runtime: Runtime, method: Method, request: Message, context: CallContext) -> Reply:
    database = runtime.database
    with database.statement() if method.is_one_statement else database.reading() as connection:
        call = Call(runtime, connection, context, runtime.clock.now())
        return _with_key(runtime, _reply(method.handler(call, request)))


def _change(runtime: Runtime, method: Method, request: Message, context: CallContext) -> Reply:
    request_id = str(getattr(request, "request_id", ""))
    if not is_request_id(request_id):
        field = FieldError("request_id", REQUEST_ID_INVALID.code, REQUEST_ID_INVALID.zh)
        raise DomainError(REQUEST_ID_INVALID, fields=[field])
    key = RequestKey(context.principal.key, method.name, request_id)
    body = _body_of(method, request)
    with runtime.database.transaction() as connection:
        kept = idempotency.claim(connection, key, body, vault=runtime.vault)
        if kept is not None:
            blob, _, stored = kept.body.partition(b"\n")
            return _with_key(runtime, Reply(kept.code, stored, blob.decode()))
        call = Call(runtime, connection, context, runtime.clock.now())
        if method.is_signed:
            call.submission = Submission.of(method, request, call.principal)
        savepoint = connection.begin_nested()
        try:
            reply = _with_key(runtime, _reply(_decided(call, method, request)))
        except DomainError as error:
            if not error.reason.is_final:
                raise
            savepoint.rollback()
            reply = refusal(error)
        else:
            savepoint.commit()
        if reply.code and _is_retryable(reply):
            raise Poison("a retryable refusal must be raised, not returned")
        if reply.again:
            raise Poison("what changes something has one answer")
        if call.submission is not None:
            submitting.note(call, refusal=_reason(reply))
        answer = Answer(reply.code, reply.blob.encode() + b"\n" + reply.body)
        idempotency.keep(connection, key, answer, vault=runtime.vault)
        return reply


def _body_of(method: Method, request: Message) -> bytes:
    """What makes two requests the same. Signed anew it is still the same: keys sign differently each time."""
    if method.is_signed:
        unsigned = method.request_class()
        unsigned.CopyFrom(request)
        unsigned.ClearField("signature")
        request = unsigned
    return request.SerializeToString(deterministic=True)


def _decided(
    call: Call, method: Method, request: Message
) -> Message | DomainError | BlobReply | Standing:
    if call.submission is None:
        return method.handler(call, request)
    return submitting.submit(call, method, request)


def _reason(reply: Reply) -> str:
    return reason_of(status_pb2.Status.FromString(reply.body)) if reply.code else ""


def _reply(outcome: Message | DomainError | BlobReply | Standing) -> Reply:
    if isinstance(outcome, DomainError):
        return refusal(outcome)
    if isinstance(outcome, BlobReply):
        return Reply(0, outcome.first.SerializeToString(), outcome.blob)
    if isinstance(outcome, Standing):
        return Reply(0, outcome.now.SerializeToString(), again=outcome.about)
    return Reply(0, outcome.SerializeToString())


def _with_key(runtime: Runtime, reply: Reply) -> Reply:
    """The reply with what opens the file that it names, fresh from the file each time: no answer is kept with it.

    Raises STORED_FILE_UNUSABLE.
    """
    if not reply.blob:
        return reply
    return replace(reply, blob_key=runtime.blobs.key_of(reply.blob))


def _is_retryable(reply: Reply) -> bool:
    return reply.code in {kind.value for kind in RETRYABLE}


def _with_tries(work: Callable[[], _T]) -> _T:
    """Run a transaction, again when it may succeed then.

    One that was lost with its connection runs once more, on a new one: what it had done is undone, or committed
    together with the answer or the inbox row that the second run finds.
    """
    for attempt in range(1, TRIES_MAX + 1):
        try:
            return work()
        except DBAPIError as error:
            is_lost = error.connection_invalidated and attempt == 1
            if attempt == TRIES_MAX or not (is_lost or is_worth_another_try(error)):
                raise
            time.sleep(random.uniform(0.01, 0.05) * attempt)  # noqa: S311  # spreads tries, hides nothing
    raise AssertionError("unreachable")


def _database_error(error: DBAPIError, context: CallContext) -> DomainError:
    if is_worth_another_try(error):
        return DomainError(CONCURRENT_CHANGE)
    if is_connection_lost(error):
        log.warning("store unreachable request=%s", context.request_ref)
        return DomainError(SERVICE_UNAVAILABLE)
    # The message and the parameters may be personal data: log what failed and where, not with which values.
    log.error(
        "statement failed request=%s %s",
        context.request_ref,
        account_of(error),
    )
    return fact(FAULT, request_ref=context.request_ref)
