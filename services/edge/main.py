"""Puts the edge together and serves until it is told to stop."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import grpc
from grpc.aio import ServicerContext
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from services.edge import metrics, outcomes, sessions
from services.edge.admission import Admission
from services.edge.bus_client import BusClient
from services.edge.credentials import server_credentials
from services.edge.downloads import Downloads
from services.edge.errors import TOO_MANY_STREAMS
from services.edge.forward import Forwarding, handlers_of
from services.edge.rate_limits import Places
from services.edge.refused_tokens import RefusedTokens
from services.edge.routes import Route, all_routes, movements
from services.edge.settings import EdgeSettings
from services.edge.watching import Watching
from services.kit.access_tokens import load_checking_key
from services.kit.blobs import BlobReader
from services.kit.clock import SystemClock
from services.kit.errors import TOO_MANY_CALLS
from services.kit.events import event_type, routing_key
from services.kit.settings import BrokerSettings, KitSettings

log = logging.getLogger(__name__)

#: How long saying "ready" waits for auth.
READY_PATIENCE_S = 20.0

#: Calls that have begun, their requests still on the way included: what bounds memory. Work is bounded by `Places`,
#: which a call takes when it is let in, so whoever opens calls and sends nothing keeps nobody out.
OPEN_CALLS_MAX = 4096
#: Of one connection; a client of ours has a handful.
CONNECTION_CALLS_MAX = 100
#: Then a connection is asked to begin anew, which ends what was left open on it.
CONNECTION_AGE_S = 600.0
#: Load balancers that watch instead of asking; anybody may, so there are not many.
HEALTH_WATCHERS_MAX = 16

_STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)


def serve(ready: Callable[[], None]) -> None:
    """Run the edge of this process's settings until SIGTERM or SIGINT; calls `ready` when it answers."""
    asyncio.run(_serve_until_signal(ready))


class Edge:
    """The edge at work: a gRPC server in front of a bus client."""

    def __init__(
        self,
        settings: EdgeSettings,
        kit: KitSettings,
        *,
        amqp_uri: str,
        routes: Sequence[Route] | None = None,
    ) -> None:
        self._settings = settings
        self._routes = list(all_routes() if routes is None else routes)
        clock = SystemClock()
        self._bus = BusClient(amqp_uri, kit.namespace, kit.senders)
        ended = sessions.Sessions(
            load_checking_key(settings.session_public_key_file.read_bytes()),
            clock,
            sessions.loader(self._bus, clock),
            note=RefusedTokens(self._bus, clock).note,
        )
        waiting = outcomes.Outcomes()
        watching = Watching()
        self._sessions = ended
        self._bus.hear(sessions.ROUTING_KEY, ended.hear)
        self._bus.hear(outcomes.ROUTING_KEY, waiting.hear)
        for key in (outcomes.ROUTING_KEY, *keys_of_movements()):
            self._bus.hear(key, watching.hear)
        self._bus.on_connection(ended.on_connection)
        self._bus.on_connection(self._tell_health)
        self._forwarding = Forwarding(
            self._bus,
            Admission(settings, ended, clock),
            outcomes=waiting,
            watching=watching,
            downloads=Downloads(BlobReader(kit.blob_url)),
            calls=Places(
                in_all=settings.concurrent_calls,
                of_each=settings.caller_calls,
                reason=TOO_MANY_CALLS,
            ),
            streams=Places(
                in_all=settings.open_streams,
                of_each=settings.caller_open_streams,
                reason=TOO_MANY_STREAMS,
            ),
        )
        self._health = Health()
        self._bus_task: asyncio.Task[None] | None = None
        self.port = 0

    async def start(self) -> None:
        """Open the port; the bus connection comes up beside it and shows as health."""
        self._server = self._build_server()
        self.port = self._open_port(self._server)
        await self._tell_health(False)
        self._bus_task = asyncio.create_task(self._bus.run())
        await self._server.start()
        log.info("edge listens on port %d with %d methods", self.port, len(self._routes))

    async def until_useful(self) -> None:
        """Return when sessions are taken, or after READY_PATIENCE_S: auth may be the one that starts last."""
        try:
            async with asyncio.timeout(READY_PATIENCE_S):
                await self._sessions.known.wait()
        except TimeoutError:
            log.warning("no session is taken yet: auth has not told which ended")

    async def run(self) -> None:
        """Return when the bus client ends, which it does by itself only through a fault of ours."""
        assert self._bus_task is not None, "start first"
        await asyncio.shield(self._bus_task)

    async def stop(self) -> None:
        """Take no new calls, let those under way end, then leave the bus."""
        await self._health.enter_graceful_shutdown()
        await self._server.stop(self._settings.grace_s)
        if self._bus_task is not None:
            self._bus_task.cancel()
            with suppress(asyncio.CancelledError):
                await self._bus_task

    def _build_server(self) -> grpc.aio.Server:
        limits = self._settings
        server = grpc.aio.server(
            maximum_concurrent_rpcs=OPEN_CALLS_MAX,
            options=[
                ("grpc.max_concurrent_streams", CONNECTION_CALLS_MAX),
                ("grpc.max_connection_age_ms", int(CONNECTION_AGE_S * 1000)),
                ("grpc.max_connection_age_grace_ms", int(limits.stream_deadline_s * 1000)),
                ("grpc.max_receive_message_length", limits.request_bytes),
                ("grpc.max_send_message_length", limits.reply_bytes),
                # Two edges on one port would take each other's calls with other keys.
                ("grpc.so_reuseport", 0),
            ],
        )
        for service, handlers in handlers_of(self._routes, self._forwarding).items():
            handler = grpc.method_handlers_generic_handler(service, handlers)
            server.add_generic_rpc_handlers((handler,))
        health_pb2_grpc.add_HealthServicer_to_server(self._health, server)
        if limits.reflection:
            names = [*self._services(), health.SERVICE_NAME, reflection.SERVICE_NAME]
            reflection.enable_server_reflection(names, server)
        return server

    def _open_port(self, server: grpc.aio.Server) -> int:
        credentials = server_credentials(self._settings)
        if credentials is None:
            return int(server.add_insecure_port(self._settings.listen))
        return int(server.add_secure_port(self._settings.listen, credentials))

    def _services(self) -> list[str]:
        return sorted({route.service for route in self._routes})

    async def _tell_health(self, connected: bool) -> None:
        metrics.BUS_CONNECTED.set(connected)
        states = health_pb2.HealthCheckResponse.ServingStatus
        state = states.SERVING if connected else states.NOT_SERVING
        for name in ("", *self._services()):
            await self._health.set(name, state)


def keys_of_movements() -> list[str]:
    """Routing keys of the events that move a business on; their package names the source."""
    types = [event_type(each) for each in movements()]
    return [routing_key(name.split(".")[1], name) for name in types]


class Health(health.aio.HealthServicer):
    """gRPC's own health service, for so many watchers."""

    def __init__(self) -> None:
        super().__init__()
        self._watchers = 0

    async def Watch(self, request: Any, context: ServicerContext) -> None:  # as gRPC calls it
        if self._watchers >= HEALTH_WATCHERS_MAX:
            await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "ask with Check instead")
        self._watchers += 1
        try:
            await super().Watch(request, context)
        finally:
            self._watchers -= 1


async def _serve_until_signal(ready: Callable[[], None]) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in _STOP_SIGNALS:
        loop.add_signal_handler(each, stopping.set)
    edge = Edge(EdgeSettings.read(), KitSettings.read(), amqp_uri=BrokerSettings.read().amqp_uri)
    await edge.start()
    announcing = asyncio.create_task(_announce(edge, ready))
    working = asyncio.create_task(edge.run())
    told = asyncio.create_task(stopping.wait())
    await asyncio.wait((working, told), return_when=asyncio.FIRST_COMPLETED)
    announcing.cancel()
    await edge.stop()
    if working.done() and not working.cancelled():
        working.result()  # a fault of the bus client ends the process with its traceback
    working.cancel()
    log.info("edge stopped")


async def _announce(edge: Edge, ready: Callable[[], None]) -> None:
    await edge.until_useful()
    ready()
