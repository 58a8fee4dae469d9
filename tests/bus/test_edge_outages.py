"""The edge while other parts fail, and while it is itself told to stop."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.edge.main import HEALTH_WATCHERS_MAX
from tests.bus.tcp_proxy import Cable
from tests.bus.toy_edge import SERVICE, Caller, ToyEdge, edge_of
from tests.bus.toy_hall import ROOT, ToyHall, ToyProcess, wait_until


@dataclass(frozen=True)
class CutOff:
    """An edge whose cable to the broker can be cut."""

    caller: Caller
    cable: Cable

    def health(self) -> int:
        stub = health_pb2_grpc.HealthStub(self.caller.channel)
        return int(stub.Check(health_pb2.HealthCheckRequest()).status)


@pytest.fixture
def cut_off(running_hall: ToyHall) -> Iterator[CutOff]:
    with (
        Cable(running_hall.amqp_uri) as cable,
        edge_of(running_hall, amqp_uri=cable.uri) as edge,
        Caller(edge) as caller,
    ):
        yield CutOff(caller, cable)


def test_lost_broker_is_unavailable_at_once_and_comes_back_by_itself(cut_off: CutOff) -> None:
    cut_off.cable.cut()
    wait_until(lambda: cut_off.health() == health_pb2.HealthCheckResponse.NOT_SERVING)
    started = time.monotonic()
    assert cut_off.caller.code("Echo") is grpc.StatusCode.UNAVAILABLE
    assert time.monotonic() - started < 1
    cut_off.cable.mend()
    wait_until(lambda: cut_off.caller.code("Echo") is grpc.StatusCode.OK, timeout_s=10)
    assert cut_off.health() == health_pb2.HealthCheckResponse.SERVING


def test_call_under_way_when_the_broker_is_lost_ends_at_once(cut_off: CutOff) -> None:
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(cut_off.caller.code, "Sleep", "5")
        time.sleep(0.3)
        cut_off.cable.cut()
        started = time.monotonic()
        assert waiting.result() is grpc.StatusCode.UNAVAILABLE
        assert time.monotonic() - started < 2


def test_call_to_a_service_that_just_died_is_unavailable_within_seconds(
    hall: ToyHall, start: Callable[..., ToyProcess]
) -> None:
    toy = start(hall, "toy")
    start(hall, "auth")
    with edge_of(hall) as edge, Caller(edge) as caller:
        toy.kill()
        started = time.monotonic()
        assert caller.code("Echo") is grpc.StatusCode.UNAVAILABLE
        assert time.monotonic() - started < 3
        start(hall, "toy")
        wait_until(lambda: caller.code("Echo") is grpc.StatusCode.OK)


def test_call_repeated_after_its_service_was_killed_happens_once(
    hall: ToyHall, start: Callable[..., ToyProcess]
) -> None:
    toy = start(hall, "toy")
    start(hall, "auth")
    with edge_of(hall) as edge, Caller(edge) as caller:
        caller.call("Keep", "first", request_id="keep-first")
        toy.kill()
        assert caller.code("Keep", "second", request_id="keep-second") is not grpc.StatusCode.OK
        start(hall, "toy")
        for number in ("first", "second"):
            wait_until(
                lambda number=number: (
                    caller.code("Keep", number, request_id=f"keep-{number}") is grpc.StatusCode.OK
                )
            )
        wait_until(lambda: sorted(hall.notes("heard")) == ["first", "second"])
        assert sorted(hall.notes("kept")) == ["first", "second"]


def test_stopping_edge_lets_the_running_call_finish(running_hall: ToyHall) -> None:
    edge = ToyEdge(running_hall)
    with Caller(edge) as caller, ThreadPoolExecutor(1) as pool:
        wait_until(lambda: caller.code("Echo") is grpc.StatusCode.OK)
        running = pool.submit(caller.code, "Sleep", "1")
        time.sleep(0.3)
        stopping = threading.Thread(target=edge.stop)
        stopping.start()
        assert running.result() is grpc.StatusCode.OK
        stopping.join()


def test_more_calls_at_once_than_allowed_are_refused_not_queued(running_hall: ToyHall) -> None:
    with edge_of(running_hall, concurrent_calls=2) as edge, Caller(edge) as caller:
        with ThreadPoolExecutor(6) as pool:
            codes = list(pool.map(lambda _: caller.code("Sleep", "0.5"), range(6)))
        assert codes.count(grpc.StatusCode.OK) == 2
        assert codes.count(grpc.StatusCode.RESOURCE_EXHAUSTED) == 4


def test_idle_streams_of_strangers_keep_nobody_out(running_hall: ToyHall) -> None:
    with edge_of(running_hall, concurrent_calls=20) as edge, Caller(edge) as caller:
        watch = caller.channel.unary_stream(
            "/grpc.health.v1.Health/Watch",
            request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
            response_deserializer=health_pb2.HealthCheckResponse.FromString,
        )
        idle = [watch(health_pb2.HealthCheckRequest()) for _ in range(HEALTH_WATCHERS_MAX)]
        assert {next(each).status for each in idle} == {health_pb2.HealthCheckResponse.SERVING}
        with pytest.raises(grpc.RpcError) as refused:
            next(watch(health_pb2.HealthCheckRequest()))
        assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        never_sent = caller.channel.stream_unary(f"{SERVICE}/Echo")
        held = threading.Event()

        def silence() -> Iterator[bytes]:
            held.wait()
            yield from ()

        begun = [never_sent.future(silence()) for _ in range(40)]
        assert caller.code("Echo") is grpc.StatusCode.OK
        for each in (*idle, *begun):
            each.cancel()
        held.set()


def test_edge_process_never_loads_eventlet_or_nameko() -> None:
    script = (
        "import sys, services.edge.main\n"
        "assert not {'eventlet', 'nameko'} & {name.split('.')[0] for name in sys.modules}\n"
    )
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, timeout=60)
