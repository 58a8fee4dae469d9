"""Calls through the edge: gRPC in, over a real broker to a service in nameko, and back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import grpc
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from google.protobuf.timestamp_pb2 import Timestamp
from google.rpc import status_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from grpc_status import rpc_status
from hpf.auth.v1 import auth_events_pb2
from hpf.common.v1 import business_pb2

from services.kit.errors import message_zh_of, reason_of
from tests.bus.toy_app import BLOB, BLOB_SIZE_BYTES, ENDED_BEFORE
from tests.bus.toy_edge import EMPLOYER_NO, Caller, ToyEdge, edge_of
from tests.bus.toy_hall import ToyHall, ToyProcess, publish, wait_until

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.fixture(scope="module")
def edge(running_hall: ToyHall) -> Iterator[ToyEdge]:
    with edge_of(running_hall) as edge:
        yield edge


@pytest.fixture(scope="module")
def caller(edge: ToyEdge) -> Iterator[Caller]:
    with Caller(edge) as caller:
        yield caller


def refusal_of(ask: Callable[[], Any]) -> tuple[grpc.StatusCode, status_pb2.Status]:
    with pytest.raises(grpc.RpcError) as refused:
        ask()
    status = rpc_status.from_call(refused.value)
    assert status is not None, refused.value
    return refused.value.code(), status


def reason(ask: Callable[[], Any]) -> str:
    return reason_of(refusal_of(ask)[1])


# ------------------------------------------------------------ forwarding


def test_service_is_told_whose_session_it_is(caller: Caller) -> None:
    reply, _ = caller.call("Echo", "你好")
    assert reply.text == f"employer:{EMPLOYER_NO}:你好"


def test_empty_request_is_forwarded(caller: Caller) -> None:
    reply, _ = caller.call("Echo")
    assert reply.text == f"employer:{EMPLOYER_NO}:"


def test_public_method_needs_no_session_and_is_given_none(caller: Caller) -> None:
    without, _ = caller.call("Ping", "x", token="")
    with_one, _ = caller.call("Ping", "x")
    assert without.text == with_one.text == "public::x"


def test_staff_method_is_not_there(caller: Caller) -> None:
    assert caller.code("Manage", request_id="request-1") is grpc.StatusCode.UNIMPLEMENTED


def test_every_answer_carries_its_reference_and_continues_the_trace(caller: Caller) -> None:
    _, call = caller.call("Echo", metadata=[("traceparent", f"00-{TRACE}-00f067aa0ba902b7-01")])
    metadata = dict(call.trailing_metadata())
    assert len(metadata["x-request-id"]) == 36
    assert metadata["traceparent"].startswith(f"00-{TRACE}-")
    assert "00f067aa0ba902b7" not in metadata["traceparent"]


def test_refusal_of_a_service_passes_through_with_its_details(caller: Caller) -> None:
    code, status = refusal_of(lambda: caller.call("Refuse"))
    assert code is grpc.StatusCode.FAILED_PRECONDITION
    assert reason_of(status) == "TOY_TOO_SMALL"
    assert message_zh_of(status) == "玩具太小"


def test_unforeseen_failure_tells_its_reference_and_nothing_else(caller: Caller) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        caller.call("Break")
    status = rpc_status.from_call(refused.value)
    reference = dict(refused.value.trailing_metadata())["x-request-id"]
    assert refused.value.code() is grpc.StatusCode.INTERNAL
    assert reference in message_zh_of(status)
    assert "张三" not in str(status)
    assert "RuntimeError" not in str(status)


def test_absent_service_is_unavailable_at_once(caller: Caller) -> None:
    started = time.monotonic()
    code, status = refusal_of(lambda: caller.call("Echo", service="/hpf.absent.v1.AbsentService"))
    assert (code, reason_of(status)) == (grpc.StatusCode.UNAVAILABLE, "SERVICE_UNAVAILABLE")
    assert time.monotonic() - started < 1


def test_request_over_the_size_limit_is_refused(caller: Caller) -> None:
    text = "x" * (3 * 1024 * 1024 + 1)
    assert caller.code("Echo", text) is grpc.StatusCode.RESOURCE_EXHAUSTED


def test_request_of_two_megabytes_passes(caller: Caller) -> None:
    reply, _ = caller.call("Echo", "x" * 2_000_000)
    assert len(reply.text) == 2_000_000 + len(f"employer:{EMPLOYER_NO}:")


# ------------------------------------------------------------ deadline


def test_caller_without_a_deadline_gets_the_default(running_hall: ToyHall) -> None:
    with edge_of(running_hall, deadline_s=0.5) as edge, Caller(edge) as caller:
        started = time.monotonic()
        assert reason(lambda: caller.call("Sleep", "3", timeout_s=None)) == "DEADLINE_PASSED"
        assert time.monotonic() - started < 2


def test_caller_cannot_ask_for_more_time_than_allowed(running_hall: ToyHall) -> None:
    with edge_of(running_hall, deadline_s=0.5) as edge, Caller(edge) as caller:
        assert reason(lambda: caller.call("Sleep", "3", timeout_s=10)) == "DEADLINE_PASSED"


# ------------------------------------------------------------ session


def test_employer_method_without_a_session_is_refused(caller: Caller) -> None:
    code, status = refusal_of(lambda: caller.call("Echo", token=""))
    assert (code, reason_of(status)) == (grpc.StatusCode.UNAUTHENTICATED, "SESSION_REQUIRED")


@pytest.mark.parametrize("token", ["garbage", "a.b.c", "x" * 5000])
def test_token_that_is_none_is_refused(caller: Caller, token: str) -> None:
    assert reason(lambda: caller.call("Echo", token=token)) == "TOKEN_INVALID"


def test_token_of_another_key_is_refused(caller: Caller) -> None:
    token = caller.token(key=Ed25519PrivateKey.generate())
    assert reason(lambda: caller.call("Echo", token=token)) == "TOKEN_INVALID"


def test_expired_token_is_refused(caller: Caller) -> None:
    token = caller.token(expires_in=timedelta(seconds=-1))
    assert reason(lambda: caller.call("Echo", token=token)) == "SESSION_EXPIRED"


def test_session_that_ended_before_the_edge_started_is_refused(caller: Caller) -> None:
    token = caller.token(session_id=ENDED_BEFORE)
    assert reason(lambda: caller.call("Echo", token=token)) == "SESSION_ENDED"


def test_session_is_refused_within_a_second_of_its_end(caller: Caller, edge: ToyEdge) -> None:
    token = caller.token(session_id="session-2")
    assert caller.code("Echo", token=token) is grpc.StatusCode.OK
    ended = auth_events_pb2.SessionEnded(session_id="session-2", forget_after=_in_ten_minutes())
    publish(edge.hall, "auth", ended)
    wait_until(
        lambda: caller.code("Echo", token=token) is grpc.StatusCode.UNAUTHENTICATED, timeout_s=1
    )
    assert reason(lambda: caller.call("Echo", token=token)) == "SESSION_ENDED"


def test_no_session_is_taken_while_auth_cannot_tell_which_ended(
    hall: ToyHall, start: Callable[..., ToyProcess]
) -> None:
    start(hall, "toy")
    edge = ToyEdge(hall)
    with Caller(edge) as caller:
        wait_until(lambda: caller.code("Ping", token="") is grpc.StatusCode.OK)
        assert caller.code("Echo") is grpc.StatusCode.UNAVAILABLE
        start(hall, "auth")
        wait_until(lambda: caller.code("Echo") is grpc.StatusCode.OK)
    edge.stop()


# ------------------------------------------------------------ rate limit


def test_public_calls_of_one_address_are_limited(running_hall: ToyHall) -> None:
    limits = {"public_calls_per_s": 0.001, "public_burst": 3}
    with edge_of(running_hall, **limits) as edge, Caller(edge) as caller:
        codes = [caller.code("Ping", token="") for _ in range(4)]
        assert codes == [grpc.StatusCode.OK] * 3 + [grpc.StatusCode.RESOURCE_EXHAUSTED]
        assert caller.code("Echo") is grpc.StatusCode.OK  # a session has a limit of its own


# ------------------------------------------------------------ outcomes


def test_reply_waits_for_the_business_to_be_posted(caller: Caller) -> None:
    reply, _ = caller.call("Begin", "posted", request_id="begin-posted")
    assert reply.business.state == business_pb2.BUSINESS_STATE_POSTED
    assert reply.business.amount_fen == 4200
    (token,) = reply.business.consistency  # told by the reply, kept beside the outcome
    assert (token.owner, token.employer_no) == ("toy", EMPLOYER_NO)
    assert token.version > 0


def test_rejected_business_becomes_the_error_it_was_rejected_with(caller: Caller) -> None:
    code, status = refusal_of(lambda: caller.call("Begin", "rejected", request_id="begin-rejected"))
    assert code is grpc.StatusCode.FAILED_PRECONDITION
    assert reason_of(status) == "TOY_TOO_SMALL"


def test_outcome_whose_event_was_missed_is_asked_for(caller: Caller) -> None:
    reply, _ = caller.call("Begin", "asked", request_id="begin-asked")
    assert reply.business.state == business_pb2.BUSINESS_STATE_POSTED


def test_business_still_pending_at_the_deadline_is_answered_as_pending(caller: Caller) -> None:
    reply, _ = caller.call("Begin", "never", request_id="begin-never", timeout_s=1.5)
    assert reply.business.state == business_pb2.BUSINESS_STATE_PENDING
    assert reply.business.registration_no == "never-begin-never"


# ------------------------------------------------------------ downloads


def test_download_waits_until_the_file_is_ready_and_comes_in_pieces(caller: Caller) -> None:
    first, *rest = list(caller.stream("whole"))
    assert len(first.name) == 36  # the reference of the call: the same for every try
    assert first.content == b""
    assert [len(piece.content) for piece in rest] == [65536, 65536, BLOB_SIZE_BYTES - 2 * 65536]


def test_download_lies_sealed_in_the_store(caller: Caller, running_hall: ToyHall) -> None:
    assert b"".join(piece.content for piece in caller.stream("sealed")) == bytes(BLOB_SIZE_BYTES)
    stored = (running_hall.folder / "blobs" / BLOB).read_bytes()[512:]
    assert bytes(16) not in stored


def test_download_ends_at_the_piece_that_was_tampered_with(caller: Caller) -> None:
    pieces: list[bytes] = []

    def read() -> None:
        pieces.extend(piece.content for piece in caller.stream("altered"))

    code, status = refusal_of(read)
    assert (code, reason_of(status)) == (grpc.StatusCode.INTERNAL, "STORED_FILE_UNUSABLE")
    assert message_zh_of(status) == "文件已损坏，无法下载，请重新生成；仍不成功请联系管理部"
    assert pieces == [b"", bytes(65536)]


def test_download_that_never_gets_ready_says_so_at_the_deadline(running_hall: ToyHall) -> None:
    with edge_of(running_hall, stream_deadline_s=1.0) as edge, Caller(edge) as caller:
        assert reason(lambda: list(caller.stream("never"))) == "NOT_READY_YET"


# ------------------------------------------------------------ health and reflection


def test_health_says_serving(caller: Caller) -> None:
    stub = health_pb2_grpc.HealthStub(caller.channel)
    for service in ("", "hpf.toy.v1.ToyService"):
        reply = stub.Check(health_pb2.HealthCheckRequest(service=service))
        assert reply.status == health_pb2.HealthCheckResponse.SERVING


def test_reflection_lists_the_services(caller: Caller) -> None:
    stub = reflection_pb2_grpc.ServerReflectionStub(caller.channel)
    request = reflection_pb2.ServerReflectionRequest(list_services="")
    (reply,) = stub.ServerReflectionInfo(iter([request]))
    names = {service.name for service in reply.list_services_response.service}
    assert {"hpf.toy.v1.ToyService", "grpc.health.v1.Health"} <= names


def _in_ten_minutes() -> Timestamp:
    moment = Timestamp()
    moment.GetCurrentTime()
    moment.seconds += 600
    return moment
