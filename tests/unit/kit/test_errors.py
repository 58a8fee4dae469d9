"""Errors: one shape from the rule to the person, small enough to travel."""

from __future__ import annotations

import pytest
from google.protobuf.message import Message
from google.rpc import code_pb2, error_details_pb2, status_pb2

from services.kit.errors import (
    COMMON_REASONS,
    CONCURRENT_CHANGE,
    DETAILS_BYTES_MAX,
    FAULT,
    RETRYABLE,
    DomainError,
    FieldError,
    Kind,
    Reason,
    fact,
    field_errors_of,
    message_zh_of,
    reason_of,
)

TOO_LITTLE = Reason(
    "TOO_LITTLE", Kind.STATE, "due {due}, there are {have}", "应缴 {due} 元，可用 {have} 元"
)
BAD_ROWS = Reason("BAD_ROWS", Kind.INPUT, "bad rows", "有错误的行")


def _detail(status: status_pb2.Status, kind: type[Message]) -> Message:
    found = kind()
    for detail in status.details:
        if detail.Is(kind.DESCRIPTOR):
            detail.Unpack(found)
            return found
    raise AssertionError(f"no {kind.__name__} in the status")


def test_a_refusal_carries_reason_facts_and_both_sentences() -> None:
    status = fact(TOO_LITTLE, due="3589.74", have=0).to_status()
    assert status.code == code_pb2.FAILED_PRECONDITION
    assert status.message == "TOO_LITTLE: due 3589.74, there are 0"
    info = _detail(status, error_details_pb2.ErrorInfo)
    assert info == error_details_pb2.ErrorInfo(
        reason="TOO_LITTLE", domain="hpf", metadata={"due": "3589.74", "have": "0"}
    )
    assert message_zh_of(status) == "应缴 3589.74 元，可用 0 元"
    assert reason_of(status) == "TOO_LITTLE"


def test_a_refusal_for_the_state_of_things_names_what_is_not_met() -> None:
    failure = _detail(
        fact(TOO_LITTLE, due="1", have="0").to_status(), error_details_pb2.PreconditionFailure
    )
    violation = error_details_pb2.PreconditionFailure.Violation(
        type="TOO_LITTLE", description="应缴 1 元，可用 0 元"
    )
    assert failure == error_details_pb2.PreconditionFailure(violations=[violation])


def test_a_retryable_refusal_says_when_to_come_again() -> None:
    retry = _detail(DomainError(CONCURRENT_CHANGE).to_status(), error_details_pb2.RetryInfo)
    assert retry.retry_delay.ToMilliseconds() == 200


def test_field_errors_come_back_as_they_went() -> None:
    fields = [
        FieldError("rows[3].id_number", "ID_NUMBER_INVALID", "证件号码校验位不正确，请核对"),
        FieldError("rows[7].base", "BASE_BELOW_FLOOR", "个人缴存基数低于下限 1900.00 元"),
    ]
    assert field_errors_of(DomainError(BAD_ROWS, fields=fields).to_status()) == fields


def test_the_first_hundred_field_errors_travel_and_the_rest_is_counted() -> None:
    fields = [FieldError(f"rows[{n}].base", "X", "低") for n in range(101)]
    status = DomainError(BAD_ROWS, fields=fields).to_status()
    assert field_errors_of(status) == fields[:100]
    info = _detail(status, error_details_pb2.ErrorInfo)
    assert dict(info.metadata) == {"field_errors": "101"}


def test_details_stay_below_what_grpc_drops() -> None:
    long = "请" * 200
    fields = [FieldError(f"rows[{n}].id_number", "ID_NUMBER_INVALID", long) for n in range(100)]
    status = DomainError(BAD_ROWS, fields=fields).to_status()
    kept = field_errors_of(status)
    assert status.ByteSize() <= DETAILS_BYTES_MAX + 200
    assert 0 < len(kept) < 100
    assert kept == fields[: len(kept)]


def test_a_fault_of_ours_shows_its_reference_and_nothing_else() -> None:
    status = fact(FAULT, request_ref="r-1").to_status()
    assert status.code == code_pb2.INTERNAL
    assert message_zh_of(status) == "系统出现异常，请联系管理部并提供编号 r-1"
    info = _detail(status, error_details_pb2.ErrorInfo)
    assert dict(info.metadata) == {"request_ref": "r-1"}


def test_a_status_of_others_has_no_reason() -> None:
    assert reason_of(status_pb2.Status(code=code_pb2.UNAVAILABLE, message="gone")) == ""
    assert message_zh_of(status_pb2.Status()) == ""
    assert field_errors_of(status_pb2.Status()) == []


def test_the_exceptions_own_text_is_the_code_alone() -> None:
    assert str(fact(TOO_LITTLE, due="3589.74", have="0")) == "TOO_LITTLE"


@pytest.mark.parametrize("reason", COMMON_REASONS, ids=lambda reason: reason.code)
def test_what_may_be_tried_again_says_after_how_long(reason: Reason) -> None:
    if reason.retry_after_ms:
        assert reason.kind in RETRYABLE
