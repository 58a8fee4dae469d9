"""What a query costs through edge, bus and service, next to an echo over the same way plus the same SQL run bare; and
how long after its commit an event is visible, next to a bare publish and consume.

BENCH_ACCOUNTS and BENCH_LINES make a smaller city than 300,000 accounts with 10,000,000 ledger lines.
"""

from __future__ import annotations

import os
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import grpc
import psycopg2
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from google.protobuf.message import Message
from hpf.deposit.v1 import deposit_events_pb2 as deposit
from hpf.query.v1 import query_service_pb2 as pb
from kombu import Connection, Exchange, Queue
from sqlalchemy import event as alchemy

from benches._query_city import ACCOUNT_NO, EMPLOYER_NO, Size, fill
from benches.edge import METHOD as ECHO
from benches.edge import _environment, _process, _token
from benches.harness import ROUNDS, Result, Stage, in_turns
from deploy.local import infra
from deploy.local.daemons import free_port
from services.kit import outbox
from services.kit.app import CallContext, Principal, Runtime
from services.kit.blobs import Blobs
from services.kit.calls import execute
from services.kit.db import Database
from services.kit.settings import KitSettings
from services.kit.vault import Vault
from services.query.service import APP
from services.query.settings import QuerySettings

CALLS_PER_ROUND = 150
EVENTS_PER_ROUND = 40
_START_TIMEOUT_S = 60.0
_LOOK_S = 0.0005
_SERVICE = "/hpf.query.v1.QueryService/"

_GOAL_READ = "ours ≤ 1.3 × (echo + SQL)"
_GOAL_VISIBLE = "a few times a bare publish and consume"

_PAGE = pb.ListPeopleRequest(page_size=50)
_YEAR = pb.ListLedgerRequest(
    account_no=ACCOUNT_NO, from_date="2018-07-01", to_date="2019-06-30", page_size=50
)


def run(stage: Stage) -> list[Result]:
    size = Size(
        int(os.environ.get("BENCH_ACCOUNTS", "300000")),
        int(os.environ.get("BENCH_LINES", "10000000")),
    )
    urls = {service: stage.database(service) for service in ("query", "deposit")}
    with ExitStack() as stack:
        hall = stack.enter_context(_hall(urls))
        fill(urls["query"], size, vault=Vault.from_file(hall.folder / "data-keys.json"))
        town = f"{size.accounts:,} accounts, {size.lines:,} lines"
        return [
            _read(f"page of 50 people, {town}", "ListPeople", _PAGE, hall=hall, url=urls["query"]),
            _read(f"a year's ledger, {town}", "ListLedger", _YEAR, hall=hall, url=urls["query"]),
            _visible(hall, urls),
        ]


# ------------------------------------------------------------ reads


@dataclass(frozen=True)
class _Hall:
    """The edge in front of query, deposit and an echo, each in a process of its own."""

    edge: str
    token: str
    folder: Path
    amqp_uri: str
    namespace: str


def _read(name: str, method: str, request: Message, *, hall: _Hall, url: str) -> Result:
    statements = _statements_of(method, request, url=url, folder=hall.folder)
    body = request.SerializeToString()
    with grpc.insecure_channel(hall.edge) as channel, psycopg2.connect(_dsn(url)) as bare:
        metadata = (("authorization", f"Bearer {hall.token}"),)
        ours = channel.unary_unary(_SERVICE + method)
        echo = channel.unary_unary(ECHO)

        def through_edge(call: Any, content: bytes) -> Callable[[], object]:
            return lambda: call(content, metadata=metadata, timeout=30)

        def sql() -> None:
            with bare.cursor() as cursor:
                for statement, parameters in statements:
                    cursor.execute(statement, parameters)
                    cursor.fetchall()
            bare.commit()

        for call in (through_edge(ours, body), through_edge(echo, b""), sql):
            _median_ms(call)  # warm
        mine, least = in_turns(
            lambda: _median_ms(through_edge(ours, body)),
            lambda: _median_ms(through_edge(echo, b"")) + _median_ms(sql),
        )
    return Result.of(name, unit="ms", ours=mine, limit=least, goal=_GOAL_READ)


def _median_ms(call: Callable[[], object]) -> float:
    """Median of calls made one after the other."""
    times_s = []
    for _ in range(CALLS_PER_ROUND):
        begun = time.perf_counter()
        call()
        times_s.append(time.perf_counter() - begun)
    return statistics.median(times_s) * 1000


def _statements_of(
    method: str, request: Message, *, url: str, folder: Path
) -> list[tuple[str, Any]]:
    """The statements that the service runs to answer, as they reach the database."""
    keys = folder / "data-keys.json"
    kit = KitSettings(data_keys_file=keys, blob_url=folder.as_uri())
    database = Database(url)
    runtime = Runtime(
        APP,
        database,
        Vault.from_file(keys),
        Blobs(kit.blob_url),
        kit,
        QuerySettings(database_url=url, consistency_wait_ms=0),
    )
    seen: list[tuple[str, Any]] = []

    @alchemy.listens_for(database.engine, "before_cursor_execute")
    def keep(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        seen.append((statement, parameters))

    by = CallContext(Principal(kind="employer", employer_no=EMPLOYER_NO), "bench")
    reply = execute(runtime, method, request.SerializeToString(), by)
    if reply.code:
        raise RuntimeError(f"{method} was refused")
    database.close()
    return seen


# ------------------------------------------------------------ commit to visible


def _visible(hall: _Hall, urls: dict[str, str]) -> Result:
    with ExitStack() as stack:
        owner = Database(urls["deposit"])
        stack.callback(owner.close)
        copy = stack.enter_context(psycopg2.connect(_dsn(urls["query"])))
        copy.autocommit = True
        bare = stack.enter_context(_bare_bus(hall))
        told = iter(range(1, 1_000_000))
        mine, least = in_turns(
            lambda: _median_of(EVENTS_PER_ROUND, lambda: _tell(owner, copy, next(told))),
            lambda: _median_of(EVENTS_PER_ROUND, bare),
            rounds=ROUNDS,
        )
    return Result.of(
        "commit to visible in a query", unit="ms", ours=mine, limit=least, goal=_GOAL_VISIBLE
    )


def _tell(owner: Database, copy: Any, number: int) -> float:
    """Commit an event; how long until query's tables show it, in milliseconds."""
    money = deposit.EmployerMoney(employer_no=EMPLOYER_NO, suspense_fen=number)
    told = deposit.BankPaymentRecorded(bank_reference=f"B{number}", money=money)
    with owner.transaction() as connection:
        outbox.append(connection, told, subject=EMPLOYER_NO, now=datetime.now(UTC))
    committed = time.perf_counter()
    deadline = committed + _START_TIMEOUT_S
    with copy.cursor() as cursor:
        while time.perf_counter() < deadline:
            cursor.execute(
                "SELECT suspense_fen FROM employer WHERE employer_no = %s", (EMPLOYER_NO,)
            )
            if cursor.fetchone()[0] == number:
                return (time.perf_counter() - committed) * 1000
            time.sleep(_LOOK_S)
    raise RuntimeError("the event never became visible")


@contextmanager
def _bare_bus(hall: _Hall) -> Iterator[Callable[[], float]]:
    """Publishes a persistent message with a confirm to a quorum queue and consumes it, in milliseconds."""
    name = f"{hall.namespace}.bare"
    queue = Queue(
        name, Exchange(name), routing_key=name, queue_arguments={"x-queue-type": "quorum"}
    )
    got: list[float] = []

    def on_message(message: Any) -> None:
        got.append(time.perf_counter())
        message.ack()

    options = {"confirm_publish": True}
    with (
        Connection(hall.amqp_uri, transport_options=options) as out,
        Connection(hall.amqp_uri) as back,
        back.Consumer(queue, on_message=on_message, prefetch_count=1),
    ):
        producer = out.Producer(exchange=Exchange(name), routing_key=name)

        def once() -> float:
            begun = time.perf_counter()
            producer.publish(b"x" * 200, content_type="application/protobuf", delivery_mode=2)
            while not got:
                back.drain_events(timeout=_START_TIMEOUT_S)
            return (got.pop() - begun) * 1000

        yield once
        queue(back.default_channel).delete()


def _median_of(times: int, once: Callable[[], float]) -> float:
    return statistics.median(once() for _ in range(times))


# ------------------------------------------------------------ the processes


@contextmanager
def _hall(urls: dict[str, str]) -> Iterator[_Hall]:
    amqp_uri, namespace = infra.ensure_rabbitmq(), f"bench-{secrets.token_hex(4)}"
    signer = Ed25519PrivateKey.generate()
    with tempfile.TemporaryDirectory() as place, Stage() as own, ExitStack() as stack:
        folder = Path(place)
        stack.callback(infra.drop_bus_objects, namespace)
        env = _environment(folder, signer, amqp_uri=amqp_uri, namespace=namespace)
        env["AUTH_DATABASE_URL"] = own.database()
        env |= {f"{name.upper()}_DATABASE_URL": url for name, url in urls.items()}
        env["EDGE_LISTEN"] = f"127.0.0.1:{free_port()}"
        for service in urls:
            stack.enter_context(_service(service, env, folder))
        stack.enter_context(_process("service", env, folder))
        stack.enter_context(_process("edge", env, folder))
        yield _Hall(env["EDGE_LISTEN"], _token(signer), folder, amqp_uri, namespace)


@contextmanager
def _service(name: str, env: dict[str, str], folder: Path) -> Iterator[None]:
    """A service as production runs it."""
    ready = folder / f"{name}.ready"
    with (folder / f"{name}.log").open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "services.kit.run", name],
            env={**env, "HPF_READY_FILE": str(ready)},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        deadline = time.monotonic() + _START_TIMEOUT_S
        while not ready.exists():
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((folder / f"{name}.log").read_text())
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(timeout=_START_TIMEOUT_S)


def _dsn(url: str) -> str:
    return url.replace("postgresql+psycopg2://", "postgresql://")
