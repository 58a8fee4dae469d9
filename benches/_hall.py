"""A hall as benches need it: the edge, services as production runs them, and echoes, each in a process of its own.

The echo service is the kit's own host with auth's table, whose handlers do nothing: every call is answered empty,
ListOwnBindings with as many bytes as its page_size says, so that an echo can be as long as the answer beside it.
`python -m benches._hall ROLE` is one of the processes: edge, echo (the service), or bare (grpc.aio alone).
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hpf.auth.v1 import auth_service_pb2 as auth

from benches.harness import Stage
from deploy.local import infra
from deploy.local.daemons import free_port
from services.kit.broker import user_in

ECHO = "/hpf.auth.v1.AuthService/ListOwnBindings"
#: Whose session the token of every bench is.
EMPLOYER_NO = "1000000000017"

_START_TIMEOUT_S = 60.0


@dataclass(frozen=True)
class Hall:
    """What a bench reaches it by."""

    edge: str
    token: str
    folder: Path
    amqp_uri: str
    namespace: str

    @property
    def metadata(self) -> tuple[tuple[str, str], ...]:
        return (("authorization", f"Bearer {self.token}"),)

    @property
    def data_keys(self) -> Path:
        return self.folder / "data-keys.json"


def echo_of(size: int) -> bytes:
    """A request that is answered with `size` bytes, give or take three."""
    return auth.ListOwnBindingsRequest(page_size=size).SerializeToString()


@contextmanager
def hall(stage: Stage, services: Mapping[str, str] | None = None) -> Iterator[Hall]:
    """The edge in front of the echo and of `services`, named with the URLs of their databases."""
    amqp_uri, namespace = infra.ensure_rabbitmq(), f"bench-{secrets.token_hex(4)}"
    signer = Ed25519PrivateKey.generate()
    with tempfile.TemporaryDirectory() as place, ExitStack() as stack:
        folder = Path(place)
        stack.callback(infra.drop_bus_objects, namespace)
        env = _environment(folder, signer, amqp_uri=amqp_uri, namespace=namespace)
        env["AUTH_DATABASE_URL"] = stage.database()
        env["EDGE_LISTEN"] = f"127.0.0.1:{free_port()}"
        for name, url in (services or {}).items():
            env[f"{name.upper()}_DATABASE_URL"] = url
            stack.enter_context(process(["services.kit.run", name], folder, env))
        for role in ("echo", "edge"):
            stack.enter_context(process(["benches._hall", role], folder, env))
        built = Hall(env["EDGE_LISTEN"], _token(signer), folder, amqp_uri, namespace)
        _until_answered(built)
        yield built


@contextmanager
def bare_echo() -> Iterator[str]:
    """The target of grpc.aio alone, which answers every call with what it was sent."""
    with tempfile.TemporaryDirectory() as place:
        env = {**os.environ, "EDGE_LISTEN": f"127.0.0.1:{free_port()}"}
        with process(["benches._hall", "bare"], Path(place), env):
            yield env["EDGE_LISTEN"]


@contextmanager
def process(module: Sequence[str], folder: Path, env: Mapping[str, str]) -> Iterator[None]:
    """`python -m` these words until the block ends; begins when it says that it is ready."""
    log, ready = (folder / f"{module[-1]}.{end}" for end in ("log", "ready"))
    with log.open("wb") as output:
        child = subprocess.Popen(
            [sys.executable, "-m", *module],
            env={**env, "HPF_READY_FILE": str(ready)},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        deadline = time.monotonic() + _START_TIMEOUT_S
        while not ready.exists():
            if child.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{module[-1]} did not start:\n{log.read_text()}")
            time.sleep(0.05)
        yield
    finally:
        child.terminate()
        child.wait(timeout=_START_TIMEOUT_S)


def _environment(
    folder: Path, signer: Ed25519PrivateKey, *, amqp_uri: str, namespace: str
) -> dict[str, str]:
    key = base64.b64encode(bytes(32)).decode()
    keys = {"current": "k1", "keys": {"k1": key}, "index_key": key}
    (folder / "data-keys.json").write_text(json.dumps(keys))
    encoding, shape = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    (folder / "session.pem").write_bytes(signer.public_key().public_bytes(encoding, shape))
    return {
        **os.environ,
        "AMQP_URI": amqp_uri,
        "HPF_BUS_USERS": user_in(amqp_uri),
        "HPF_NAMESPACE": namespace,
        "HPF_DATA_KEYS_FILE": str(folder / "data-keys.json"),
        "HPF_BLOB_URL": f"file://{folder}/blobs",
        # As production runs: one line a call, into a file.
        "HPF_LOG_LEVEL": "INFO",
        "EDGE_INSECURE": "true",
        "EDGE_SESSION_PUBLIC_KEY_FILE": str(folder / "session.pem"),
        "EDGE_SESSION_CALLS_PER_S": "1000000",
        "EDGE_SESSION_BURST": "1000000",
        "EDGE_CALLER_CALLS": "1000",
    }


def _token(signer: Ed25519PrivateKey) -> str:
    from services.kit.access_tokens import AccessClaims, issue_access_token

    now = datetime.now(UTC)
    ends = now + timedelta(hours=1)
    claims = AccessClaims("session", EMPLOYER_NO, "CN=CA/01", (), now, ends)
    return issue_access_token(claims, key=signer)


def _until_answered(built: Hall) -> None:
    deadline = time.monotonic() + _START_TIMEOUT_S
    with grpc.insecure_channel(built.edge) as channel:
        call = channel.unary_unary(ECHO)
        while True:
            try:
                call(b"", metadata=built.metadata, timeout=5)
            except grpc.RpcError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
            else:
                return


# ------------------------------------------------------------ the processes


def _run_edge() -> None:
    from services.edge.main import serve
    from services.kit.logs import configure

    configure("INFO")
    serve(_say_ready)


def _run_bare() -> None:
    async def echo(body: bytes, context: Any) -> bytes:
        return body

    async def serve() -> None:
        server = grpc.aio.server()
        service, method = ECHO.strip("/").split("/")
        handler = grpc.unary_unary_rpc_method_handler(echo)
        generic = grpc.method_handlers_generic_handler(service, {method: handler})
        server.add_generic_rpc_handlers((generic,))
        server.add_insecure_port(os.environ["EDGE_LISTEN"])
        await server.start()
        _say_ready()
        await server.wait_for_termination()

    asyncio.run(serve())


def _run_echo() -> None:
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    os.environ["EVENTLET_NO_GREENDNS"] = "yes"
    import eventlet

    eventlet.monkey_patch()

    from google.protobuf.message_factory import GetMessageClass
    from pydantic_settings import SettingsConfigDict

    from services.kit import nameko_host
    from services.kit.app import App, Handler, Runtime, methods
    from services.kit.logs import configure
    from services.kit.settings import BrokerSettings, ServiceSettings
    from services.kit.tables import create_kit_tables

    class Settings(ServiceSettings):
        model_config = SettingsConfigDict(env_prefix="AUTH_", extra="ignore", frozen=True)

    def empty(reply_class: Any) -> Handler:
        return lambda call, request: reply_class()

    def as_long_as_asked(call: Any, request: Any) -> auth.ListOwnBindingsResponse:
        return auth.ListOwnBindingsResponse(next_page_token="x" * request.page_size)

    tables: list[tuple[Any, dict[str, Handler]]] = [
        (service, {each.name: empty(GetMessageClass(each.output_type)) for each in service.methods})
        for service in auth.DESCRIPTOR.services_by_name.values()
    ]
    tables[0][1][ECHO.rpartition("/")[2]] = as_long_as_asked
    configure("INFO")
    runtime = Runtime.from_environment(App("auth", Settings, methods(*tables)))
    with runtime.database.transaction() as connection:
        create_kit_tables(connection)
    runner = nameko_host.runner([runtime], amqp_uri=BrokerSettings.read().amqp_uri)
    signal.signal(signal.SIGTERM, lambda *_: eventlet.spawn_n(runner.stop))
    runner.start()
    _say_ready()
    runner.wait()


def _say_ready() -> None:
    Path(os.environ["HPF_READY_FILE"]).touch()


if __name__ == "__main__":
    {"edge": _run_edge, "echo": _run_echo, "bare": _run_bare}[sys.argv[1]]()
