"""One running hall: its databases, bus namespace, secrets, folders and processes.

    with Instance("try") as hall:
        hall.start()
        print(hall.edge_target, hall.ca_pem)

Several instances share one PostgreSQL and one RabbitMQ and never see each other.
"""

from __future__ import annotations

import json
import re
import secrets
import shutil
import signal
import sys
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from deploy.local import bus_users, databases, infra, keys
from deploy.local.commands import SetupError, run
from deploy.local.daemons import (
    POLL_INTERVAL_S,
    Daemon,
    exclusive,
    free_ports,
    launch,
    log_tail,
    recall,
    remember,
    write_secret,
)
from deploy.local.environment import ALL, SERVICES, environment_of
from deploy.local.paths import INSTANCES, ROOT
from services.kit.broker import user_in

READY_TIMEOUT_S = 90.0
"""All seven processes at once on two busy cores; alone they need about 5 s."""
NAME = re.compile(r"[a-z][a-z0-9]{0,19}")


class Instance:
    """A hall of its own below `var/instances/NAME`; the same name finds the same one again."""

    def __init__(
        self,
        name: str,
        *,
        settings: Mapping[str, str] | None = None,
        superuser_url: str | None = None,
    ) -> None:
        """`settings` are environment variables for the processes whose prefix they carry; `superuser_url` leads to
        another PostgreSQL than the one that halls share."""
        if NAME.fullmatch(name) is None:
            raise ValueError(f"{name!r}: an instance is named by at most 20 of a-z and 0-9")
        self.name = name
        self.settings = dict(settings or {})
        self.root = INSTANCES / name
        self.logs = self.root / "log"
        self.blobs = self.root / "blobs"
        self.sms_outbox = self.root / "sms"
        self.trust_dir = self.root / "trust"
        self.pki = self.root / "pki"
        self.secrets = self.root / "secrets"
        self.ca_pem = self.root / "ca.pem"
        self._superuser_url = superuser_url

    # Where it is

    @cached_property
    def amqp_uri(self) -> str:
        return infra.ensure_rabbitmq()

    @property
    def bus_users(self) -> str:
        """Which broker user each process is, as HPF_BUS_USERS says it."""
        if infra.is_broker_given():
            return user_in(self.amqp_uri)
        return bus_users.template_of(self.namespace)

    def bus_uri(self, part: str) -> str:
        """The broker's URI as a part of the hall logs in: a service, `edge`, `staff`, `operator`, `bank`, …"""
        if infra.is_broker_given():
            return self.amqp_uri
        file = self._bus_users_file
        return bus_users.uri_of(self.amqp_uri, self.namespace, part=part, file=file)

    @cached_property
    def superuser_url(self) -> str:
        return self._superuser_url or infra.ensure_postgres()

    @property
    def namespace(self) -> str:
        """The prefix of its exchanges and queues."""
        return str(self._identity["namespace"])

    @property
    def edge_target(self) -> str:
        """host:port of the edge."""
        return f"127.0.0.1:{self._identity['edge_port']}"

    def metrics_port(self, process: str) -> int:
        """The port on which a process tells its figures."""
        return int(self._identity["metrics_ports"][process])

    @property
    def data_keys_file(self) -> Path:
        return self.secrets / "data-keys.json"

    def database_url(self, service: str) -> str:
        """SQLAlchemy URL of one service's own database, as the role that it runs as."""
        return databases.url_of(
            self.superuser_url, name=self._database(service), password=self._password
        )

    def owner_url(self, service: str) -> str:
        """The same as the role that owns and migrates it, whose password no running process is given."""
        name = self._database(service)
        role, password = databases.owner_of(name), str(self._identity["owner_password"])
        return databases.url_of(self.superuser_url, name=name, password=password, role=role)

    def env(self, process: str) -> dict[str, str]:
        """The whole environment of one process: nothing else is inherited."""
        return environment_of(self, process)

    # Life

    def prepare(self) -> Self:
        """Make everything but the processes; what is already there is kept."""
        with exclusive(INSTANCES / f"{self.name}.lock"):
            for folder in (self.logs, self.blobs, self.sms_outbox, self.trust_dir, self._run):
                folder.mkdir(parents=True, exist_ok=True)
            self.secrets.mkdir(mode=0o700, exist_ok=True)
            self._make_identity()
            keys.make_data_keys(self.data_keys_file)
            keys.make_session_keys(
                self.secrets / "session-private.pem", self.secrets / "session-public.pem"
            )
            keys.make_edge_certificate(
                ca=self.ca_pem,
                certificate=self.secrets / "edge.pem",
                key=self.secrets / "edge.key",
                now=keys.utc_now(),
            )
            keys.make_seal(self.pki, trust_dir=self.trust_dir, secrets=self.secrets)
            with ThreadPoolExecutor(max_workers=2) as both:
                bus = both.submit(self._prepare_bus)
                databases.create(
                    self.superuser_url,
                    [self._database(each) for each in SERVICES],
                    password=self._password,
                    owner_password=str(self._identity["owner_password"]),
                )
                bus.result()
        return self

    def _prepare_bus(self) -> None:
        """The broker, and on our own node a user for each part of this hall."""
        infra.ensure_rabbitmq()
        if not infra.is_broker_given():
            infra.ensure_bus_users(self.namespace, file=self._bus_users_file)

    def migrate(self, services: Iterable[str] = SERVICES) -> None:
        """Bring the databases to the newest shape; nothing happens when they have it."""
        command = [sys.executable, "-m", "services.kit.migrate", *services]
        run(command, env=self.env("migrate"), cwd=ROOT)

    def start(self, processes: Iterable[str] = ALL) -> None:
        """Prepare, migrate, start what is not running and wait until it answers."""
        wanted = list(processes)
        self.prepare()
        self.migrate()
        for process in wanted:
            if not self.is_running(process):
                self.start_process(process)
        self.wait_ready(processes=wanted)

    def start_process(self, process: str) -> None:
        """Start one process without waiting for it."""
        self._ready_file(process).unlink(missing_ok=True)
        command = [sys.executable, "-m", "services.kit.run", process]
        started = launch(command, log=self.log_file(process), env=self.env(process), cwd=ROOT)
        remember(started, self._pid_file(process))

    def wait_ready(
        self, timeout_s: float = READY_TIMEOUT_S, *, processes: Iterable[str] | None = None
    ) -> None:
        """Wait until each process has said so; raise with its log when one ends or is late."""
        deadline = time.monotonic() + timeout_s
        waiting = [p for p in (ALL if processes is None else processes) if self._was_started(p)]
        while waiting := [process for process in waiting if not self._is_ready(process)]:
            for process in waiting:
                late = time.monotonic() > deadline
                if late or not self.is_running(process):
                    what = "is not ready" if late else "ended while starting"
                    log = self.log_file(process)
                    raise SetupError(f"{process} {what}; end of {log}:\n{log_tail(log)}")
            time.sleep(POLL_INTERVAL_S)

    def kill(self, process: str) -> None:
        """SIGKILL one process: what a crash looks like to the others."""
        known = self._running(process)
        if known is not None:
            known.end(signal.SIGKILL)
        self._pid_file(process).unlink(missing_ok=True)

    def signal(self, process: str, number: signal.Signals) -> None:
        """Send a signal to a process that runs, such as SIGSTOP."""
        running = self._running(process)
        if running is not None:
            running.send(number)

    def stop(self) -> None:
        """Ask all processes to end, the edge first, and kill what does not listen."""
        running = {process: self._running(process) for process in ALL}
        with ThreadPoolExecutor(max_workers=len(ALL)) as together:
            for process, daemon in running.items():
                if daemon is not None:
                    together.submit(daemon.end)
                self._pid_file(process).unlink(missing_ok=True)
                self._ready_file(process).unlink(missing_ok=True)

    def close(self, *, drop: bool = False) -> None:
        """Stop; with `drop` also remove databases, queues and files for good."""
        self.stop()
        if drop and self._identity_file.is_file():
            databases.drop(self.superuser_url, [self._database(each) for each in SERVICES])
            infra.drop_bus_objects(self.namespace)
            shutil.rmtree(self.root)

    def is_running(self, process: str) -> bool:
        return self._running(process) is not None

    def status(self) -> dict[str, str]:
        """`ready`, `starting` or `stopped` for each process."""
        return {process: self._state(process) for process in ALL}

    def log_file(self, process: str) -> Path:
        return self.logs / f"{process}.log"

    def __enter__(self) -> Self:
        return self.prepare()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # What is remembered between runs

    @property
    def _run(self) -> Path:
        return self.root / "run"

    @property
    def _bus_users_file(self) -> Path:
        return self.secrets / "bus-users.json"

    @property
    def _identity_file(self) -> Path:
        return self.secrets / "instance.json"

    @property
    def _identity(self) -> dict[str, Any]:
        identity: dict[str, Any] = json.loads(self._identity_file.read_text())
        return identity

    def _make_identity(self) -> None:
        """A random part in every shared name: a lost folder never meets old queues or rows."""
        identity = self._identity if self._identity_file.is_file() else self._new_identity()
        if "owner_password" not in identity:  # an instance from before its stores had two roles
            identity["owner_password"] = secrets.token_urlsafe(24)
            write_secret(self._identity_file, json.dumps(identity, indent=2))

    def _new_identity(self) -> dict[str, Any]:
        edge_port, *metrics_ports = free_ports(1 + len(ALL))
        return {
            "namespace": f"{self.name}-{secrets.token_hex(3)}",
            "password": secrets.token_urlsafe(24),
            "edge_port": edge_port,
            "metrics_ports": dict(zip(ALL, metrics_ports, strict=True)),
        }

    def _database(self, service: str) -> str:
        return f"hpf_{self.namespace.replace('-', '_')}_{service}"

    @property
    def _password(self) -> str:
        return str(self._identity["password"])

    def _pid_file(self, process: str) -> Path:
        return self._run / f"{process}.json"

    def _ready_file(self, process: str) -> Path:
        return self._run / f"{process}.ready"

    def _running(self, process: str) -> Daemon | None:
        known = recall(self._pid_file(process))
        return known[0] if known is not None else None

    def _was_started(self, process: str) -> bool:
        return self._pid_file(process).is_file()

    def _is_ready(self, process: str) -> bool:
        file = self._ready_file(process)
        return file.is_file() and f"ready {process}" in file.read_text().splitlines()

    def _state(self, process: str) -> str:
        if not self.is_running(process):
            return "stopped"
        return "ready" if self._is_ready(process) else "starting"


def instances() -> list[Instance]:
    """Every instance that exists on this machine, running or not."""
    found = sorted(INSTANCES.glob("*/secrets/instance.json")) if INSTANCES.is_dir() else []
    return [Instance(path.parent.parent.name) for path in found]
