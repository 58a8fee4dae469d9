"""What the edge, the bus and nameko cost: unary calls through all three next to a bare grpc.aio echo.

`python -m benches.edge` starts a service that answers everything empty (auth's methods, with their transaction on a
real PostgreSQL), the edge in front of it and a bare echo, each in a process of its own, and calls both in turns.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import secrets
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from deploy.local import databases, infra
from deploy.local.daemons import free_port

ROUNDS = 5
SECONDS_PER_ROUND = 3.0
CALLERS = 32
#: The edge is worth its place while a call through it and the bus costs at most this many bare ones.
GOAL_RATIO = "ours ≥ 0.15 × limit"

METHOD = "/hpf.auth.v1.AuthService/GetSession"
_START_TIMEOUT_S = 60.0


@dataclass(frozen=True)
class Rate:
    """One round: calls a second, and how long the calls took."""

    calls_per_s: float
    median_ms: float
    p99_ms: float


def measure() -> list[dict[str, Any]]:
    """Figures as the bench table wants them: name, unit, ours, limit, ratio, goal."""
    with ExitStack() as stack:
        edge_target, echo_target, token = stack.enter_context(_system())
        ours, limit = [], []
        for _ in range(ROUNDS):
            ours.append(asyncio.run(_round(edge_target, token)))
            limit.append(asyncio.run(_round(echo_target, token)))
    return [
        _figure("unary call: edge + bus + service", "calls/s", "calls_per_s", ours, limit),
        _figure("unary call: median time", "ms", "median_ms", ours, limit),
        _figure("unary call: 99th percentile", "ms", "p99_ms", ours, limit),
    ]


def _figure(
    name: str, unit: str, field: str, ours: list[Rate], limit: list[Rate]
) -> dict[str, Any]:
    middle = statistics.median(getattr(rate, field) for rate in ours)
    bound = statistics.median(getattr(rate, field) for rate in limit)
    return {
        "name": name,
        "unit": unit,
        "ours": round(middle, 1),
        "limit": round(bound, 1),
        "ratio": round(middle / bound, 3),
        "goal": GOAL_RATIO if field == "calls_per_s" else "",
    }


async def _round(target: str, token: str) -> Rate:
    times_s: list[float] = []
    metadata = (("authorization", f"Bearer {token}"),)
    async with grpc.aio.insecure_channel(target) as channel:
        call = channel.unary_unary(METHOD)  # bytes in, bytes out
        await call(b"", metadata=metadata, timeout=10)
        started = time.perf_counter()

        async def caller() -> None:
            while time.perf_counter() - started < SECONDS_PER_ROUND:
                at = time.perf_counter()
                await call(b"", metadata=metadata, timeout=10)
                times_s.append(time.perf_counter() - at)

        await asyncio.gather(*(caller() for _ in range(CALLERS)))
        took_s = time.perf_counter() - started
    ordered = sorted(times_s)
    return Rate(
        calls_per_s=len(ordered) / took_s,
        median_ms=ordered[len(ordered) // 2] * 1000,
        p99_ms=ordered[len(ordered) * 99 // 100] * 1000,
    )


@contextmanager
def _system() -> Iterator[tuple[str, str, str]]:
    """Targets of the edge and of the bare echo, and a token the edge takes; all of it gone afterwards."""
    superuser_url, amqp_uri = infra.ensure_postgres(), infra.ensure_rabbitmq()
    name, password = f"hpf_bench_{secrets.token_hex(4)}", secrets.token_urlsafe(12)
    databases.create(superuser_url, {name: password})
    namespace = f"bench-{secrets.token_hex(4)}"
    signer = Ed25519PrivateKey.generate()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        stack.callback(databases.drop, superuser_url, [name])
        stack.callback(infra.drop_bus_objects, namespace)
        env = _environment(Path(folder), signer, amqp_uri=amqp_uri, namespace=namespace)
        env["AUTH_DATABASE_URL"] = databases.url_of(superuser_url, name=name, password=password)
        targets = {}
        for role in ("echo", "service", "edge"):
            targets[role] = f"127.0.0.1:{free_port()}"
            env["EDGE_LISTEN"] = targets[role]
            stack.enter_context(_process(role, env, Path(folder)))
        token = _token(signer)
        asyncio.run(_until_answered(targets["edge"], token))
        yield targets["edge"], targets["echo"], token


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
        "HPF_NAMESPACE": namespace,
        "HPF_DATA_KEYS_FILE": str(folder / "data-keys.json"),
        "HPF_BLOB_URL": f"file://{folder}/blobs",
        # As production runs: one line a call, into a file.
        "HPF_LOG_LEVEL": "INFO",
        "EDGE_INSECURE": "true",
        "EDGE_SESSION_PUBLIC_KEY_FILE": str(folder / "session.pem"),
        "EDGE_SESSION_CALLS_PER_S": "1000000",
        "EDGE_SESSION_BURST": "1000000",
    }


@contextmanager
def _process(role: str, env: dict[str, str], folder: Path) -> Iterator[None]:
    log = folder / f"{role}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "benches.edge", role],
            env=env,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        deadline = time.monotonic() + _START_TIMEOUT_S
        while "ready" not in log.read_text().splitlines():
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{role} did not start:\n{log.read_text()}")
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(timeout=_START_TIMEOUT_S)


def _token(signer: Ed25519PrivateKey) -> str:
    from services.kit.access_tokens import AccessClaims, issue_access_token

    now = datetime.now(UTC)
    claims = AccessClaims("session", "1000000000017", "CN=CA/01", (), now, now + timedelta(hours=1))
    return issue_access_token(claims, key=signer)


async def _until_answered(target: str, token: str) -> None:
    deadline = time.monotonic() + _START_TIMEOUT_S
    async with grpc.aio.insecure_channel(target) as channel:
        call = channel.unary_unary(METHOD)
        while True:
            try:
                await call(b"", metadata=(("authorization", f"Bearer {token}"),), timeout=5)
            except grpc.aio.AioRpcError:
                if time.monotonic() > deadline:
                    raise
                await asyncio.sleep(0.1)
            else:
                return


# ------------------------------------------------------------ the three processes


def _say_ready() -> None:
    sys.stdout.write("ready\n")
    sys.stdout.flush()


def _run_edge() -> None:
    from services.edge.main import serve
    from services.kit.logs import configure

    configure("INFO")
    serve(_say_ready)


def _run_echo() -> None:
    async def echo(body: bytes, context: Any) -> bytes:
        return body

    async def serve() -> None:
        server = grpc.aio.server()
        service, method = METHOD.strip("/").split("/")
        handler = grpc.unary_unary_rpc_method_handler(echo)
        generic = grpc.method_handlers_generic_handler(service, {method: handler})
        server.add_generic_rpc_handlers((generic,))
        server.add_insecure_port(os.environ["EDGE_LISTEN"])
        await server.start()
        _say_ready()
        await server.wait_for_termination()

    asyncio.run(serve())


def _run_service() -> None:
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    os.environ["EVENTLET_NO_GREENDNS"] = "yes"
    import eventlet

    eventlet.monkey_patch()

    from google.protobuf.message_factory import GetMessageClass
    from hpf.auth.v1 import auth_service_pb2
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

    tables = [
        (service, {each.name: empty(GetMessageClass(each.output_type)) for each in service.methods})
        for service in auth_service_pb2.DESCRIPTOR.services_by_name.values()
    ]
    configure("INFO")
    runtime = Runtime.from_environment(App("auth", Settings, methods(*tables)))
    with runtime.database.transaction() as connection:
        create_kit_tables(connection)
    runner = nameko_host.runner([runtime], amqp_uri=BrokerSettings.read().amqp_uri)
    signal.signal(signal.SIGTERM, lambda *_: eventlet.spawn_n(runner.stop))
    runner.start()
    _say_ready()
    runner.wait()


def main() -> None:
    for figure in measure():
        sys.stdout.write("  ".join(f"{key} {value}" for key, value in figure.items()) + "\n")


if __name__ == "__main__":
    roles = {"edge": _run_edge, "echo": _run_echo, "service": _run_service}
    (roles[sys.argv[1]] if len(sys.argv) > 1 else main)()
