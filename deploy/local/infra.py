"""The PostgreSQL and RabbitMQ that everything on this machine shares.

Given ones are used (HPF_POSTGRES_URL, AMQP_URI); otherwise private ones are started once below
`var/infra` and found again by whoever comes next: tests, demo, benchmarks, `make up`.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import ExitStack
from pathlib import Path

from deploy.local import bus_objects, bus_users, postgres, rabbitmq
from deploy.local.daemons import exclusive, recall
from deploy.local.paths import INFRA, INSTANCES

POSTGRES_HOME = INFRA / "postgres"
FORGETFUL_NAME = "postgres-of-tests"
RABBITMQ_HOME = INFRA / "rabbitmq"

_held: list[int] = []
"""The descriptor whose lock tells others that this process uses the infrastructure."""


def ensure_postgres() -> str:
    """URL of a superuser (may create databases and roles), `postgresql://…/postgres`."""
    given = os.environ.get("HPF_POSTGRES_URL")
    if given:
        return given
    _mark_used()
    with exclusive(INFRA / "postgres.lock"):
        return postgres.ensure(POSTGRES_HOME)


def ensure_forgetful_postgres(purpose: str = "") -> str:
    """The same for throw-away databases: quicker, because a power cut would lose them.

    There is a server for each purpose: a transaction in any database of a server holds up who reads the event log of
    another.
    """
    given = os.environ.get("HPF_POSTGRES_URL")
    if given:
        return given
    _mark_used()
    home = INFRA / "-".join(part for part in (FORGETFUL_NAME, purpose) if part)
    with exclusive(home.with_suffix(".lock")):
        settings = postgres.SETTINGS | postgres.FORGETFUL
        return postgres.ensure(home, settings=settings)


def ensure_rabbitmq() -> str:
    """AMQP URI of a broker, `amqp://user:password@host:port/vhost`."""
    return os.environ.get("AMQP_URI") or ensure_private_rabbitmq()


def ensure_private_rabbitmq() -> str:
    """AMQP URI of our own node even where one is given: for what needs its command line."""
    _mark_used()
    with exclusive(INFRA / "rabbitmq.lock"):
        return rabbitmq.ensure(RABBITMQ_HOME)


def is_broker_given() -> bool:
    """Whether the broker is somebody else's: its users are not ours to make."""
    return bool(os.environ.get("AMQP_URI"))


def ensure_bus_users(namespace: str, *, file: Path) -> None:
    """Make the users of one hall on our own node; `file` keeps their passwords."""
    with exclusive(INFRA / "rabbitmq.lock"):
        bus_users.ensure(RABBITMQ_HOME, namespace, file=file)


def drop_bus_objects(prefix: str) -> None:
    """Delete the queues, exchanges and users of one namespace; on a given broker those that a hall makes."""
    given = os.environ.get("AMQP_URI")
    if given:
        bus_objects.delete_named(given, prefix)
    else:
        rabbitmq.delete_objects(RABBITMQ_HOME, prefix)


def stop() -> bool:
    """Stop what was started here, unless somebody still uses it; tell whether it was stopped."""
    if any(recall(path) for path in INSTANCES.glob("*/run/*.json")):
        return False
    with ExitStack() as stack:
        for descriptor in _held:
            os.close(descriptor)
        _held.clear()
        INFRA.mkdir(parents=True, exist_ok=True)
        users = stack.enter_context((INFRA / "users.lock").open("a"))
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        servers = [POSTGRES_HOME, *INFRA.glob(f"{FORGETFUL_NAME}*/")]
        ends = [*((home, postgres.stop) for home in servers), (RABBITMQ_HOME, rabbitmq.stop)]
        for home, end in ends:
            stack.enter_context(exclusive(home.with_suffix(".lock")))
            end(home)
    return True


def _mark_used() -> None:
    """Hold a shared lock until this process ends, so that nobody stops what it uses."""
    if not _held:
        INFRA.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(INFRA / "users.lock", os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        _held.append(descriptor)
