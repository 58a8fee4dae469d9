"""Refusals as they travelled become errors a person understands."""

from __future__ import annotations

from google.rpc import code_pb2, status_pb2

from client.errors import HallUnavailable, LoginRequired, from_rpc
from services.kit.errors import (
    FIELD_INVALID,
    SERVICE_UNAVAILABLE,
    SESSION_REQUIRED,
    DomainError,
    FieldError,
    Kind,
    Reason,
    fact,
)
from tests.unit.client.scripted import Failed


def test_fields_facts_and_the_chinese_sentence_arrive() -> None:
    field = FieldError("rows[3].id_number", "ID_NUMBER_INVALID", "证件号码不正确")
    status = DomainError(FIELD_INVALID, fields=[field]).to_status()

    error = from_rpc(Failed(status))

    assert error.zh == "填写的内容不符合要求"
    assert error.fields == (field,)
    assert error.refusal.code == code_pb2.INVALID_ARGUMENT


def test_facts_of_the_reason_arrive() -> None:
    short = Reason("INSUFFICIENT_SUSPENSE", Kind.STATE, "due {due}", "应缴 {due} 元")

    error = from_rpc(Failed(fact(short, due="106000.40").to_status()))

    assert error.zh == "应缴 106000.40 元"
    assert error.refusal.facts == {"due": "106000.40"}


def test_the_time_to_wait_arrives_in_seconds() -> None:
    error = from_rpc(Failed(DomainError(SERVICE_UNAVAILABLE).to_status()))

    assert isinstance(error, HallUnavailable)
    assert error.refusal.retry_after_s == 1.0


def test_a_call_without_session_is_told_apart() -> None:
    assert isinstance(from_rpc(Failed(DomainError(SESSION_REQUIRED).to_status())), LoginRequired)


def test_a_lost_network_is_told_in_chinese() -> None:
    lost = status_pb2.Status(code=code_pb2.UNAVAILABLE, message="failed to connect")

    error = from_rpc(Failed(lost, bare=True))

    assert isinstance(error, HallUnavailable)
    assert "无法连接" in error.zh
    assert error.refusal.retry_after_s is None


def test_a_passed_deadline_says_where_to_look_for_the_outcome() -> None:
    late = status_pb2.Status(code=code_pb2.DEADLINE_EXCEEDED, message="Deadline Exceeded")

    error = from_rpc(Failed(late, bare=True))

    assert isinstance(error, HallUnavailable)
    assert "hpf business" in error.zh
