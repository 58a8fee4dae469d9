"""A toy hall a test, or one for many tests that only call it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from deploy.local import infra
from tests.bus.toy_hall import ToyHall, ToyProcess


@pytest.fixture(scope="session")
def new_hall(
    amqp_uri: str, new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., ToyHall]]:
    """Makes a toy hall with a namespace and databases of its own."""
    run = f"toy-{secrets.token_hex(4)}"
    numbers = count(1)

    def make(uri: str = amqp_uri) -> ToyHall:
        namespace = f"{run}-{next(numbers)}"
        folder: Path = tmp_path_factory.mktemp("hall")
        return ToyHall(folder, uri, namespace, new_database(), new_database())

    yield make
    infra.drop_bus_objects(run)


@pytest.fixture
def hall(new_hall: Callable[..., ToyHall]) -> ToyHall:
    """A toy hall of this test's own; nothing runs in it yet."""
    return new_hall()


@pytest.fixture
def start(request: pytest.FixtureRequest) -> Callable[..., ToyProcess]:
    """`start(hall, "toy", "auth")`: a process with these services, gone after the test."""

    def begin(hall: ToyHall, *apps: str) -> ToyProcess:
        process = ToyProcess(hall, *apps)
        request.addfinalizer(process.kill)
        return process

    return begin


@pytest.fixture(scope="session")
def running_hall(new_hall: Callable[..., ToyHall]) -> Iterator[ToyHall]:
    """One hall for the whole run, with toy and auth up; tests only call it."""
    hall = new_hall()
    process = ToyProcess(hall, "toy", "auth")
    yield hall
    process.kill()
