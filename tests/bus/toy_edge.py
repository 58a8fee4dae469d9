"""An edge in this process in front of a toy hall, and what a caller needs to talk to it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.edge.main import Edge
from services.edge.routes import Route, routes_of
from services.edge.settings import EdgeSettings
from services.kit.access_tokens import AccessClaims, issue_access_token
from tests.bus import toy_protos as toy
from tests.bus.toy_hall import ToyHall, wait_until

EMPLOYER_NO = "1000000000017"
SERVICE = "/hpf.toy.v1.ToyService"


def toy_routes() -> list[Route]:
    """What the edge offers of the toy, and one method of a service that is never there."""
    routes = [route for route in routes_of([toy.FILE]) if route.is_offered]
    echo = next(route for route in routes if route.method == "Echo")
    return [*routes, replace(echo, service="hpf.absent.v1.AbsentService", owner="absent")]


class ToyEdge:
    """An edge on a free port, its event loop in a thread of its own."""

    def __init__(self, hall: ToyHall, *, amqp_uri: str = "", **settings: Any) -> None:
        chosen: dict[str, Any] = {
            "listen": "127.0.0.1:0",
            "insecure": "tls_cert_file" not in settings,
            "session_public_key_file": hall.public_key_file,
            "public_calls_per_s": 1000.0,
            "public_burst": 1000,
            "grace_s": 5.0,
        }
        self.hall = hall
        self._edge = Edge(
            EdgeSettings(**(chosen | settings)),
            hall.kit,
            amqp_uri=amqp_uri or hall.amqp_uri,
            routes=toy_routes(),
        )
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._run(self._edge.start())
        self.target = f"127.0.0.1:{self._edge.port}"

    def stop(self) -> None:
        self._run(self._edge.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)
        self._loop.close()

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=60)


@contextmanager
def edge_of(hall: ToyHall, **settings: Any) -> Iterator[ToyEdge]:
    """An edge that answers employers."""
    edge = ToyEdge(hall, **settings)
    try:
        with Caller(edge) as caller:
            wait_until(lambda: caller.code("Echo") is grpc.StatusCode.OK)
        yield edge
    finally:
        edge.stop()


class Caller:
    """Calls the toy through an edge, as an employer's agent unless told otherwise."""

    def __init__(self, edge: ToyEdge, *, channel: grpc.Channel | None = None) -> None:
        self._edge = edge
        self.channel = channel or grpc.insecure_channel(edge.target)

    def __enter__(self) -> Caller:
        return self

    def __exit__(self, *_: object) -> None:
        self.channel.close()

    def token(
        self,
        *,
        session_id: str = "session-1",
        employer_no: str = EMPLOYER_NO,
        expires_in: timedelta = timedelta(minutes=10),
        key: Ed25519PrivateKey | None = None,
    ) -> str:
        now = datetime.now(UTC)
        claims = AccessClaims(
            session_id=session_id,
            employer_no=employer_no,
            certificate="CN=CA/01",
            roles=("agent",),
            issued_at=now - timedelta(minutes=30),
            expires_at=now + expires_in,
        )
        return issue_access_token(claims, key=key or self._edge.hall.session_key)

    def call(
        self,
        method: str,
        text: str = "",
        *,
        token: str | None = None,
        timeout_s: float | None = 20,
        metadata: Sequence[tuple[str, str]] = (),
        request_id: str = "",
        service: str = SERVICE,
    ) -> tuple[Any, grpc.Call]:
        """The reply and its call; raises grpc.RpcError."""
        bearer = self.token() if token is None else token
        sent = [*metadata, ("authorization", f"Bearer {bearer}")] if bearer else list(metadata)
        reply_class = {"Begin": toy.Started}.get(method, toy.Noted)
        ask = self.channel.unary_unary(
            f"{service}/{method}",
            request_serializer=toy.Note.SerializeToString,
            response_deserializer=reply_class.FromString,
        )
        note = toy.Note(text=text, request_id=request_id)
        reply, call = ask.with_call(note, timeout=timeout_s, metadata=sent)
        return reply, call

    def stream(self, text: str, *, timeout_s: float = 20) -> Iterator[Any]:
        ask = self.channel.unary_stream(
            f"{SERVICE}/Fetch",
            request_serializer=toy.Note.SerializeToString,
            response_deserializer=toy.Piece.FromString,
        )
        metadata = [("authorization", f"Bearer {self.token()}")]
        pieces: Iterator[Any] = ask(toy.Note(text=text), timeout=timeout_s, metadata=metadata)
        return pieces

    def watch(
        self,
        number: str,
        *,
        timeout_s: float | None = 20,
        session_id: str = "session-1",
        employer_no: str = EMPLOYER_NO,
    ) -> Any:
        """The states of a business as they come; cancel() ends it."""
        ask = self.channel.unary_stream(
            f"{SERVICE}/Watch",
            request_serializer=toy.Note.SerializeToString,
            response_deserializer=toy.Started.FromString,
        )
        metadata = [
            (
                "authorization",
                f"Bearer {self.token(session_id=session_id, employer_no=employer_no)}",
            )
        ]
        return ask(toy.Note(text=number), timeout=timeout_s, metadata=metadata)

    def code(self, method: str, text: str = "", **options: Any) -> grpc.StatusCode:
        """The gRPC code of a call."""
        try:
            self.call(method, text, **options)
        except grpc.RpcError as error:
            return error.code()
        return grpc.StatusCode.OK
