"""A business under way is followed as a stream: told by events, and by asking when events are missed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest
from grpc_status import rpc_status
from hpf.auth.v1 import auth_events_pb2
from hpf.common.v1.business_pb2 import BUSINESS_STATE_PENDING as PENDING
from hpf.common.v1.business_pb2 import BUSINESS_STATE_POSTED as POSTED

from services.edge import watching
from services.kit.errors import reason_of
from services.kit.ids import new_id
from tests.bus.toy_edge import Caller, ToyEdge, edge_of
from tests.bus.toy_hall import ToyHall, publish


@pytest.fixture(scope="module")
def edge(running_hall: ToyHall) -> Iterator[ToyEdge]:
    with edge_of(running_hall, caller_open_streams=2, open_streams=3) as made:
        yield made


@pytest.fixture
def caller(edge: ToyEdge) -> Iterator[Caller]:
    with Caller(edge) as made:
        yield made


def states(stream: Any) -> list[int]:
    return [each.business.state for each in stream]


def refused(stream: Any) -> str:
    with pytest.raises(grpc.RpcError) as error:
        next(stream)
    return reason_of(rpc_status.from_call(error.value))


def test_an_ended_business_is_told_once(caller: Caller) -> None:
    number = new_id()
    caller.call("Keep", number, request_id=new_id())
    assert states(caller.watch(number)) == [POSTED]


def test_the_last_event_ends_the_watch_at_once(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "ASK_AFTER_S", (60.0,))
    request_id = new_id()
    stream = caller.watch(f"posted-{request_id}")
    assert next(stream).business.state == PENDING
    started = time.monotonic()
    caller.call("Begin", "posted", request_id=request_id)
    assert states(stream) == [POSTED]
    assert time.monotonic() - started < 10


def test_what_no_event_tells_is_seen_by_asking(caller: Caller) -> None:
    number = new_id()
    stream = caller.watch(number)
    assert next(stream).business.state == PENDING
    caller.call("Keep", number, request_id=new_id())
    assert states(stream) == [POSTED]


def test_a_state_that_does_not_change_is_told_once_and_the_watch_ends_in_good_time(
    running_hall: ToyHall,
) -> None:
    with (
        edge_of(running_hall, stream_deadline_s=2.0) as edge,
        Caller(edge) as caller,
    ):
        assert states(caller.watch(new_id(), timeout_s=20)) == [PENDING]


def test_streams_of_an_employer_and_of_all_are_limited_until_one_ends(caller: Caller) -> None:
    open_streams = [caller.watch(new_id()) for _ in range(2)]
    for each in open_streams:
        next(each)
    assert refused(caller.watch(new_id())) == "TOO_MANY_STREAMS"
    other = caller.watch(new_id(), employer_no="1000000000025")
    next(other)
    assert refused(caller.watch(new_id(), employer_no="1000000000025")) == "TOO_MANY_STREAMS"

    open_streams[0].cancel()
    ends_at = time.monotonic() + 10
    while time.monotonic() < ends_at:
        again = caller.watch(new_id())
        try:
            next(again)
            break
        except grpc.RpcError:
            time.sleep(0.05)
    else:
        raise AssertionError("a place that was left stays taken")
    for each in (again, other, *open_streams):
        each.cancel()


def test_a_watch_ends_with_its_session(edge: ToyEdge, running_hall: ToyHall) -> None:
    session_id = new_id()
    with Caller(edge) as caller:
        stream = caller.watch(new_id(), session_id=session_id)
        next(stream)
        ended = auth_events_pb2.SessionEnded(session_id=session_id)
        ended.forget_after.FromDatetime(datetime.now(UTC) + timedelta(minutes=10))
        publish(running_hall, "auth", ended)
        assert refused(stream) == "SESSION_ENDED"
