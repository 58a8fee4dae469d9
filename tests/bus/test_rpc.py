"""Calls over the bus: the kit's client, nameko's host, the table of a service."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest
from google.rpc import code_pb2
from kombu import Connection, Producer

from services.kit import bus
from services.kit.app import CallContext, Principal
from services.kit.rpc_client import BusClient, RpcError
from tests.bus import toy_protos as toy
from tests.bus.toy_hall import ToyHall, ToyProcess, client_of, wait_until

AGENT = Principal(kind="employer", employer_no="1000000000017", session_id="s")
STAFF = Principal(kind="staff", name="wang")


@pytest.fixture
def client(running_hall: ToyHall) -> Iterator[BusClient]:
    with client_of(running_hall) as client:
        yield client


def test_reply_comes_back_with_the_principal_known(client: BusClient) -> None:
    reply = client.call("toy", "Echo", toy.Note(text="hello"), toy.Noted, principal=AGENT)
    assert reply.text == "employer:1000000000017:hello"


def test_one_connection_serves_many_calls(client: BusClient) -> None:
    for number in range(20):
        note = toy.Note(text=str(number))
        reply = client.call("toy", "Echo", note, toy.Noted, principal=AGENT)
        assert reply.text.endswith(f":{number}")


def test_refusal_keeps_reason_and_chinese_sentence(client: BusClient) -> None:
    with pytest.raises(RpcError) as refused:
        client.call("toy", "Refuse", toy.Note(), toy.Noted, principal=AGENT)
    assert refused.value.code == code_pb2.FAILED_PRECONDITION
    assert refused.value.reason == "TOY_TOO_SMALL"
    assert refused.value.zh == "玩具太小"


def test_unforeseen_failure_tells_nothing_but_its_reference(client: BusClient) -> None:
    with pytest.raises(RpcError) as refused:
        client.call("toy", "Break", toy.Note(), toy.Noted, principal=AGENT)
    assert refused.value.reason == "FAULT"
    assert "张三" not in str(refused.value.status)


def test_staff_method_is_refused_to_an_employer(client: BusClient) -> None:
    with pytest.raises(RpcError) as refused:
        client.call("toy", "Manage", toy.Note(request_id="12345678"), toy.Noted, principal=AGENT)
    assert refused.value.reason == "NOT_ALLOWED"


def test_unknown_method_is_refused(client: BusClient) -> None:
    with pytest.raises(RpcError) as refused:
        client.call("toy", "NoSuchThing", toy.Note(), toy.Noted, principal=AGENT)
    assert refused.value.reason == "METHOD_UNKNOWN"


def test_service_that_never_started_is_unavailable_at_once(client: BusClient) -> None:
    started = time.monotonic()
    with pytest.raises(RpcError) as refused:
        client.call("nobody", "Echo", toy.Note(), toy.Noted, principal=AGENT)
    assert refused.value.reason == "SERVICE_UNAVAILABLE"
    assert time.monotonic() - started < 2


def test_service_that_died_is_unavailable_within_seconds(
    hall: ToyHall, start: Callable[..., ToyProcess]
) -> None:
    start(hall, "toy").kill()
    started = time.monotonic()
    with client_of(hall) as client, pytest.raises(RpcError) as refused:
        client.call("toy", "Echo", toy.Note(), toy.Noted, principal=AGENT)
    assert refused.value.reason == "SERVICE_UNAVAILABLE"
    assert time.monotonic() - started < 5


def test_time_out_is_told_and_the_late_reply_goes_nowhere(client: BusClient) -> None:
    with pytest.raises(RpcError) as refused:
        client.call("toy", "Sleep", toy.Note(text="0.6"), toy.Noted, principal=AGENT, timeout_s=0.2)
    assert refused.value.reason == "DEADLINE_PASSED"
    time.sleep(0.6)
    reply = client.call("toy", "Echo", toy.Note(text="next"), toy.Noted, principal=AGENT)
    assert reply.text.endswith(":next")


def test_call_that_expired_while_waiting_is_never_run(
    hall: ToyHall, start: Callable[..., ToyProcess]
) -> None:
    process = start(hall, "toy")
    process.kill()
    note = toy.Note(request_id="request-1", text="too late")
    with client_of(hall) as client, pytest.raises(RpcError):
        client.call("toy", "Keep", note, toy.Noted, principal=AGENT, timeout_s=0.3)
    start(hall, "toy")
    with client_of(hall) as client:
        client.call("toy", "Echo", toy.Note(), toy.Noted, principal=AGENT)
    assert hall.notes("kept") == []


def test_call_sent_before_a_restart_is_answered_after_it(
    hall: ToyHall, start: Callable[..., ToyProcess]
) -> None:
    start(hall, "toy").kill()
    with Connection(hall.amqp_uri) as connection:
        Producer(connection.channel()).publish(
            toy.Note(request_id="request-1", text="kept").SerializeToString(),
            exchange=bus.rpc_exchange(hall.namespace).name,
            routing_key="toy.Keep",
            headers=bus.context_headers(CallContext(AGENT, "ref")),
            content_type="application/protobuf",
            content_encoding="binary",
            serializer=None,
            user_id=connection.userid,
        )
    start(hall, "toy")
    wait_until(lambda: hall.notes("kept") == ["kept"])


def test_call_whose_body_is_not_protobuf_is_answered(running_hall: ToyHall) -> None:
    with Connection(running_hall.amqp_uri) as connection:
        channel = connection.channel()
        replies = connection.SimpleQueue("", queue_opts={"exclusive": True}, channel=channel)
        Producer(channel).publish(
            "{}",
            exchange=bus.rpc_exchange(running_hall.namespace).name,
            routing_key="toy.Echo",
            content_type="application/json",
            content_encoding="utf-8",
            serializer=None,
            reply_to=replies.queue.name,
        )
        reply = replies.get(timeout=10)
        assert reply.headers[bus.CODE] == code_pb2.INVALID_ARGUMENT


def test_headers_made_of_nonsense_do_not_stop_the_service(
    running_hall: ToyHall, client: BusClient
) -> None:
    with Connection(running_hall.amqp_uri) as connection:
        Producer(connection.channel()).publish(
            b"",
            exchange=bus.rpc_exchange(running_hall.namespace).name,
            routing_key="toy.Echo",
            headers={bus.PRINCIPAL: "%%%", bus.DEADLINE: "yesterday"},
            content_type="application/protobuf",
            content_encoding="binary",
            serializer=None,
            user_id=connection.userid,
        )
    reply = client.call("toy", "Echo", toy.Note(text="alive"), toy.Noted, principal=AGENT)
    assert reply.text.endswith(":alive")


def test_stopping_lets_the_running_call_finish(
    hall: ToyHall, start: Callable[..., ToyProcess]
) -> None:
    process = start(hall, "toy")
    stopped: list[int] = []
    with client_of(hall) as client:
        stopper = threading.Timer(0.3, lambda: stopped.append(process.stop()))
        stopper.start()
        reply = client.call("toy", "Sleep", toy.Note(text="1"), toy.Noted, principal=AGENT)
        stopper.join()
    assert reply.text == "slept"
    assert stopped == [0]
