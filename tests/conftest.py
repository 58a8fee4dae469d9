"""What tests share: a real database per service and a real broker, started once per machine.

Nothing here starts by itself: a test that asks for no fixture touches neither.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.pool import NullPool

from deploy.local import databases, infra

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
    return infra.ensure_postgres()


@pytest.fixture(scope="session")
def new_database(superuser_url: str) -> Iterator[Callable[[], str]]:
    """Makes an empty throw-away database at each call; returns its SQLAlchemy URL."""
    made: list[str] = []

    def make() -> str:
        name, password = f"hpf_test_{secrets.token_hex(5)}", secrets.token_urlsafe(16)
        databases.create(superuser_url, {name: password})
        made.append(name)
        return databases.url_of(superuser_url, name=name, password=password)

    yield make
    if made:
        databases.drop(superuser_url, made)


@pytest.fixture(scope="session")
def postgres_url(new_database: Callable[[], str]) -> str:
    """One empty throw-away database for the whole run; its tables are the tests' own."""
    return new_database()


@pytest.fixture(scope="session")
def service_db(new_database: Callable[[], str]) -> Callable[[str], str]:
    """`service_db("deposit")`: the URL of that service's migrated database, one per run."""
    urls: dict[str, str] = {}

    def url_of(service: str) -> str:
        if service not in urls:
            from services.kit.migrate import migrate

            url = new_database()
            migrate(service, url)
            urls[service] = url
        return urls[service]

    return url_of


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
