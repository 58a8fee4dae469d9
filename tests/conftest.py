"""What tests share: a real database per service and a real broker, started once per machine.

Nothing here starts by itself: a test that asks for no fixture touches neither.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

import pytest
from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.pool import NullPool

from deploy.local import databases, infra
from services.kit.migrate import migrate

KIND_BY_FOLDER = ("unit", "store", "bus", "contract", "system", "e2e", "conformance")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test is of the kind that its folder below `tests/` says."""
    for item in items:
        for kind in KIND_BY_FOLDER:
            if kind in item.path.parts:
                item.add_marker(kind)
                break


@dataclass(frozen=True)
class Amqp:
    """A broker and a namespace that nobody else uses."""

    uri: str
    namespace: str


@pytest.fixture(scope="session")
def superuser_url() -> str:
    """A PostgreSQL server on which tests may create databases."""
    return infra.ensure_forgetful_postgres()


class Stores:
    """Throw-away databases, each a copy of one that was migrated once: a third of the time of migrating again."""

    def __init__(self, superuser_url: str) -> None:
        self._superuser_url = superuser_url
        self._templates: dict[str, tuple[str, str]] = {}  # name and password, by service
        self._copies: list[str] = []

    def new(self, service: str = "") -> str:
        """The SQLAlchemy URL of a new database in the service's newest shape, as the role that the service runs as; or
        of an empty one, as its owner."""
        if service not in self._templates:
            self._templates[service] = self._template(service)
        template, password = self._templates[service]
        name = f"hpf_test_{secrets.token_hex(5)}"
        url = databases.url_of(self._superuser_url, name=template, password=password)
        databases.copy(self._superuser_url, url, name)
        self._copies.append(name)
        url = databases.url_of(self._superuser_url, name=name, password=password, role=template)
        return url if service else databases.as_owner(url)

    def drop(self) -> None:
        databases.drop(self._superuser_url, self._copies)
        # The templates' roles own the copies.
        databases.drop(self._superuser_url, [name for name, _ in self._templates.values()])

    def _template(self, service: str) -> tuple[str, str]:
        name, password = f"hpf_test_{secrets.token_hex(5)}", secrets.token_urlsafe(16)
        databases.create(self._superuser_url, [name], password=password, owner_password=password)
        if service:
            url = databases.url_of(self._superuser_url, name=name, password=password)
            migrate(service, databases.as_owner(url), role=name)
        return name, password


@pytest.fixture(scope="session")
def stores(superuser_url: str) -> Iterator[Stores]:
    """Where tests get their databases from."""
    made = Stores(superuser_url)
    yield made
    made.drop()


@pytest.fixture(scope="session")
def new_database(stores: Stores) -> Callable[[], str]:
    """Makes an empty throw-away database at each call; returns its SQLAlchemy URL."""
    return stores.new


@pytest.fixture(scope="session")
def new_store(stores: Stores) -> Callable[[str], str]:
    """`new_store("deposit")`: a migrated throw-away database of that service, a new one at each call."""
    return stores.new


@pytest.fixture(scope="session")
def postgres_url(new_database: Callable[[], str]) -> str:
    """One empty throw-away database for the whole run; its tables are the tests' own."""
    return new_database()


@pytest.fixture(scope="session")
def service_db(new_store: Callable[[str], str]) -> Callable[[str], str]:
    """`service_db("deposit")`: the URL of that service's migrated database, one per run."""
    return cache(new_store)


@pytest.fixture(scope="session")
def service_engine(service_db: Callable[[str], str]) -> Iterator[Callable[[str], Engine]]:
    """`service_engine("deposit")`: an engine on that service's migrated database."""
    engines: dict[str, Engine] = {}

    def engine_of(service: str) -> Engine:
        if service not in engines:
            engines[service] = create_engine(service_db(service), poolclass=NullPool)
        return engines[service]

    yield engine_of
    for engine in engines.values():
        engine.dispose()


@pytest.fixture
def connection_to(
    service_engine: Callable[[str], Engine],
) -> Iterator[Callable[[str], Connection]]:
    """`connection_to("deposit")`: a connection whose every change is undone after the test.

    Code under test may commit: it commits a savepoint inside the transaction held here.
    """
    opened: list[Connection] = []

    def connect(service: str) -> Connection:
        outer = service_engine(service).connect()
        opened.append(outer)
        outer.begin()
        return outer.execution_options(join_transaction_mode="create_savepoint")

    yield connect
    for outer in opened:
        outer.rollback()
        outer.close()


@pytest.fixture(scope="session")
def amqp_uri() -> str:
    """A RabbitMQ on which tests may declare what they like below their own namespace."""
    return infra.ensure_rabbitmq()


@pytest.fixture
def amqp(amqp_uri: str) -> Iterator[Amqp]:
    """The broker with a namespace of this test's own, emptied afterwards."""
    namespace = f"test-{secrets.token_hex(4)}"
    yield Amqp(uri=amqp_uri, namespace=namespace)
    infra.drop_bus_objects(namespace)
