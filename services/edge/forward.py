"""Forwards a call as the bytes it is: in, over the bus, out. One code path for every method.

`Forwarding.unary` and `.stream` answer any route; what they differ by is in the route. Refusals become
`google.rpc.Status` here and nowhere else; what nobody foresaw becomes FAULT with the call's reference, which makes
this the edge's one place that catches everything.
"""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import grpc
from google.rpc import code_pb2, status_pb2
from grpc.aio import ServicerContext
from grpc_status import rpc_status
from hpf.common.v1 import business_pb2

from services.edge import asking, metrics
from services.edge.admission import Admission
from services.edge.arrival import Arrival
from services.edge.bus_client import BusClient, BusReply
from services.edge.downloads import Downloads
from services.edge.errors import Refused
from services.edge.outcomes import Outcomes, is_final
from services.edge.rate_limits import Places, caller_of
from services.edge.routes import Route
from services.edge.watching import Watching
from services.kit.app import CallContext
from services.kit.errors import FAULT, NOT_READY_YET, DomainError, fact
from services.kit.logs import account_of

log = logging.getLogger(__name__)


class Forwarding:
    """Answers calls by asking the owner of their method."""

    def __init__(
        self,
        bus: BusClient,
        admission: Admission,
        *,
        outcomes: Outcomes,
        watching: Watching,
        downloads: Downloads,
        calls: Places,
        streams: Places,
    ) -> None:
        self._bus = bus
        self._admission = admission
        self._outcomes = outcomes
        self._watching = watching
        self._downloads = downloads
        self._calls = calls
        self._streams = streams

    async def unary(self, route: Route, body: bytes, context: ServicerContext) -> bytes:
        """One request, one reply, both as bytes."""
        async with _Answering(route, context) as answering:
            call = self._admission.admit(route, answering.arrival)
            with self._calls.one_more(caller_of(call.principal)):
                reply = await asking.until_there(lambda: self._ask(route, body, call), call)
                return await self._outcome(route, reply, call)
        raise AssertionError("a refused call has been aborted")

    async def stream(
        self, route: Route, body: bytes, context: ServicerContext
    ) -> AsyncIterator[bytes]:
        """One request, the owner's answers for as long as they change, then the file that the last one names."""
        async with _Answering(route, context) as answering:
            call = self._admission.admit(route, answering.arrival)
            with self._streams.one_more(caller_of(call.principal)):
                async for piece in self._pieces(route, body, call, answering.arrival):
                    yield piece

    async def _pieces(
        self, route: Route, body: bytes, call: CallContext, arrival: Arrival
    ) -> AsyncIterator[bytes]:
        async def ask() -> BusReply:
            self._admission.still_admits(route, arrival)
            return await asking.until_there(
                lambda: self._ask(route, body, call), call, files_too=True
            )

        reply = None
        async for reply in self._watching.follow(ask, lasts_s=_remaining_s(call)):
            yield reply.body
        assert reply is not None, "there is a first answer, or it was raised"
        if reply.again and route.is_download:
            raise DomainError(NOT_READY_YET)
        async for piece in self._downloads.pieces(route, reply):
            yield piece

    async def _ask(self, route: Route, body: bytes, call: CallContext) -> BusReply:
        reply = await self._bus.call(route.owner, route.method, body=body, context=call)
        if reply.code:
            raise Refused(status_pb2.Status.FromString(reply.body))
        return reply

    async def _outcome(self, route: Route, reply: BusReply, call: CallContext) -> bytes:
        """The reply with its business as it ended, for methods that await an outcome."""
        if not route.awaits_outcome:
            return reply.body
        answer: Any = route.reply_class.FromString(reply.body)
        business = answer.business
        if not is_final(business):
            number = business.registration_no
            ended = await self._outcomes.wait(
                business,
                timeout_s=_remaining_s(call),
                ask=lambda: self._state_of(route.owner, number, call),
            )
            business.CopyFrom(ended)
        if business.state == business_pb2.BUSINESS_STATE_REJECTED and business.rejection.code:
            raise Refused(business.rejection)
        return bytes(answer.SerializeToString())

    async def _state_of(
        self, owner: str, registration_no: str, call: CallContext
    ) -> business_pb2.Business | None:
        request = business_pb2.GetBusinessRequest(registration_no=registration_no)
        try:
            reply = await self._bus.call(
                owner, "GetBusiness", body=request.SerializeToString(), context=call
            )
        except DomainError as error:
            log.warning("state of a business not had: %s", error)
            return None
        if reply.code:
            return None
        return business_pb2.GetBusinessResponse.FromString(reply.body).business


class _Answering:
    """Around one call: notes its reference, counts it, logs it, turns what is raised into a gRPC error."""

    def __init__(self, route: Route, context: ServicerContext) -> None:
        self._route = route
        self._context = context
        self._started_s = time.monotonic()
        self.arrival = Arrival.of(context)

    async def __aenter__(self) -> _Answering:
        self._context.set_trailing_metadata(self.arrival.answer_metadata())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: object
    ) -> None:
        if error is None:
            self._note(code_pb2.OK)
        elif isinstance(error, Exception):
            status = self._status_of(error)
            self._note(status.code)
            await self._abort(status)
        else:
            self._note(code_pb2.CANCELLED)  # the caller has gone, or we are stopping

    def _status_of(self, error: Exception) -> status_pb2.Status:
        if isinstance(error, Refused):
            return error.status
        if isinstance(error, DomainError):
            return error.to_status()
        log.error("call failed request=%s %s", self.arrival.request_ref, account_of(error))
        return fact(FAULT, request_ref=self.arrival.request_ref).to_status()

    async def _abort(self, status: status_pb2.Status) -> None:
        rich = rpc_status.to_status(status)
        metadata = (*self.arrival.answer_metadata(), *rich.trailing_metadata)
        await self._context.abort(rich.code, rich.details, metadata)

    def _note(self, code: int) -> None:
        seconds = time.monotonic() - self._started_s
        metrics.note_call(self._route.path, code=code, seconds=seconds)
        log.info(
            "call method=%s code=%s ms=%d request=%s",
            self._route.path,
            code_pb2.Code.Name(code),
            seconds * 1000,
            self.arrival.request_ref,
        )


def handlers_of(
    routes: list[Route], forwarding: Forwarding
) -> dict[str, dict[str, grpc.RpcMethodHandler]]:
    """Generic handlers of these routes, by gRPC service and method; no request or reply is parsed."""
    table: dict[str, dict[str, grpc.RpcMethodHandler]] = {}
    for route in routes:
        table.setdefault(route.service, {})[route.method] = _handler_of(route, forwarding)
    return table


def _handler_of(route: Route, forwarding: Forwarding) -> grpc.RpcMethodHandler:
    if route.streams:

        async def stream(body: bytes, context: ServicerContext) -> AsyncIterator[bytes]:
            async for piece in forwarding.stream(route, body, context):
                yield piece

        return grpc.unary_stream_rpc_method_handler(stream)

    async def unary(body: bytes, context: ServicerContext) -> bytes:
        return await forwarding.unary(route, body, context)

    return grpc.unary_unary_rpc_method_handler(unary)


def _remaining_s(call: CallContext) -> float:
    if call.deadline is None:
        return 0.0
    return (call.deadline - datetime.now(UTC)).total_seconds()
