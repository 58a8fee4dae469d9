"""A hall of one toy service: its settings, its process, its store, and the pieces of the kit run in this process."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from google.protobuf.message import Message
from kombu import Connection
from sqlalchemy import create_engine

from services.kit import relay
from services.kit.app import App, Runtime
from services.kit.blobs import Blobs
from services.kit.broker import user_in
from services.kit.data_keys import read_vault
from services.kit.db import Database
from services.kit.events import Event
from services.kit.ids import new_id
from services.kit.publisher import ConfirmedPublisher, outgoing
from services.kit.rpc_client import BusClient
from services.kit.settings import KitSettings
from services.kit.subscription_loop import SubscriptionLoop
from tests.bus import toy_app

ROOT = Path(__file__).resolve().parents[2]
START_TIMEOUT_S = 60.0


@dataclass
class ToyHall:
    """Where everything of one toy hall is."""

    folder: Path
    amqp_uri: str
    namespace: str
    toy_url: str
    auth_url: str
    users: str = ""
    session_key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        for url in (self.toy_url, self.auth_url):
            engine = create_engine(url)
            with engine.begin() as connection:
                toy_app.create_tables(connection)
            engine.dispose()
        key = base64.b64encode(bytes(32)).decode()
        keys = {"current": "k1", "keys": {"k1": key}, "index_key": key}
        self.data_keys_file.write_text(json.dumps(keys))
        self.public_key_file.write_bytes(
            self.session_key.public_key().public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
        )

    @property
    def bus_users(self) -> str:
        """All parts of it share one user unless a test says otherwise."""
        return self.users or user_in(self.amqp_uri)

    @property
    def data_keys_file(self) -> Path:
        return self.folder / "data-keys.json"

    @property
    def public_key_file(self) -> Path:
        return self.folder / "session-public.pem"

    @property
    def kit(self) -> KitSettings:
        return KitSettings(
            namespace=self.namespace,
            bus_users=self.bus_users,
            data_keys_file=self.data_keys_file,
            blob_url=f"file://{self.folder}/blobs",
        )

    def environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "AMQP_URI": self.amqp_uri,
            "HPF_BUS_USERS": self.bus_users,
            "HPF_NAMESPACE": self.namespace,
            "HPF_DATA_KEYS_FILE": str(self.data_keys_file),
            "HPF_BLOB_URL": f"file://{self.folder}/blobs",
            "TOY_DATABASE_URL": self.toy_url,
            "AUTH_DATABASE_URL": self.auth_url,
        }

    def runtime(self, app: App = toy_app.APP, *, url: str | None = None) -> Runtime:
        """The toy at work in this process, on the same store and broker."""
        url, vault = url or self.toy_url, read_vault(self.kit)
        return Runtime(
            app=app,
            database=Database(url, pool_size=5),
            vault=vault,
            blobs=Blobs(self.kit.blob_url, vault),
            kit=self.kit,
            settings=toy_app.ToySettings(database_url=url),
        )

    def notes(self, kind: str) -> list[str]:
        engine = create_engine(self.toy_url)
        with engine.connect() as connection:
            found = toy_app.notes(connection, kind)
        engine.dispose()
        return found


class ToyProcess:
    """The toy service (and auth) in nameko, in a process of its own; it is there unless the test shall not wait."""

    def __init__(self, hall: ToyHall, *apps: str, waits: bool = True) -> None:
        self.log = hall.folder / f"host-{'-'.join(apps)}-{time.monotonic_ns()}.log"
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.bus.toy_host", *apps],
                env=hall.environment(),
                cwd=ROOT,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        if waits:
            self.wait_for("ready\n")

    def wait_for(self, text: str) -> None:
        """Return when its log says so; fails the test when it ends before."""
        wait_until(lambda: text in self.text() or not self.runs, timeout_s=START_TIMEOUT_S)
        assert self.runs, self.text()

    @property
    def runs(self) -> bool:
        return self._process.poll() is None

    def text(self) -> str:
        return self.log.read_text(errors="replace")

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def stop(self, *, timeout_s: float = START_TIMEOUT_S) -> int:
        """Ask it to end; returns its exit code."""
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(timeout=timeout_s)


def wait_until(condition: Callable[[], bool], *, timeout_s: float = 20.0) -> None:
    """Return when the condition holds; fails the test when it never does."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def publish(hall: ToyHall, source: str, message: Message) -> None:
    """An event of another service, without one."""
    event = Event(
        event_id=new_id(),
        type=message.DESCRIPTOR.full_name,
        source=source,
        subject="",
        version=1,
        occurred_at=datetime.now(UTC),
        correlation_id="",
        causation_id="",
        traceparent="",
        body=message.SerializeToString(),
    )
    with Connection(hall.amqp_uri) as connection:
        ConfirmedPublisher(connection).publish([outgoing(hall.namespace, event)])


def client_of(hall: ToyHall) -> BusClient:
    """A caller, to be closed by `with`."""
    return BusClient(hall.amqp_uri, hall.namespace, users=hall.bus_users)


@contextmanager
def consuming(runtime: Runtime, amqp_uri: str) -> Iterator[SubscriptionLoop]:
    """The runtime's first subscription, worked on by a thread."""
    loop = SubscriptionLoop(runtime, runtime.app.subscriptions[0], amqp_uri=amqp_uri)
    with _thread(loop.work):
        assert loop.bound.wait(20)
        try:
            yield loop
        finally:
            loop.should_stop = True


@contextmanager
def relaying(runtime: Runtime, amqp_uri: str) -> Iterator[None]:
    """The runtime's relay, run by a thread."""
    stopping = threading.Event()
    with _thread(lambda: relay.run(runtime, amqp_uri=amqp_uri, stopping=stopping.is_set)):
        try:
            yield
        finally:
            stopping.set()


@contextmanager
def _thread(work: Callable[[], None]) -> Iterator[None]:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    yield
    thread.join(timeout=20)
    assert not thread.is_alive()
