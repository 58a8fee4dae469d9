"""A process that is told to stop ends in good time, whether or not the broker is there."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from tests.bus.tcp_proxy import Cable
from tests.bus.toy_edge import edge_of
from tests.bus.toy_hall import ToyHall, ToyProcess

#: What an operator or Kubernetes waits gladly; a look at the broker is due every three seconds at the latest.
PATIENCE_S = 15.0


@pytest.fixture
def cable(amqp_uri: str) -> Iterator[Cable]:
    with Cable(amqp_uri) as cable:
        yield cable


def test_a_service_stops_while_the_broker_is_away(
    cable: Cable, new_hall: Callable[..., ToyHall], start: Callable[..., ToyProcess]
) -> None:
    process = start(new_hall(cable.uri), "toy", "auth")
    cable.cut()
    process.wait_for("broker unreachable for toy")
    assert process.stop(timeout_s=PATIENCE_S) == 0


def test_a_service_stops_that_has_never_reached_the_broker(
    cable: Cable, new_hall: Callable[..., ToyHall], request: pytest.FixtureRequest
) -> None:
    cable.cut()
    process = ToyProcess(new_hall(cable.uri), "toy", waits=False)
    request.addfinalizer(process.kill)
    process.wait_for("broker unreachable for toy")
    assert process.stop(timeout_s=PATIENCE_S) == 0


def test_a_service_stops_when_the_broker_goes_away_while_it_does(
    cable: Cable, new_hall: Callable[..., ToyHall], start: Callable[..., ToyProcess]
) -> None:
    process = start(new_hall(cable.uri), "toy")
    cable.cut()
    assert process.stop(timeout_s=PATIENCE_S) == 0


def test_an_edge_stops_while_the_broker_is_away(running_hall: ToyHall) -> None:
    with Cable(running_hall.amqp_uri) as cable:
        with edge_of(running_hall, amqp_uri=cable.uri):
            cable.cut()
            stopping_at = time.monotonic()
        assert time.monotonic() - stopping_at < PATIENCE_S
