"""A submission sent twice counts once: same id and body, the stored answer; same id and another body, refused."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from google.protobuf.message import Message
from google.rpc import status_pb2
from hpf.deposit.v1 import deposit_service_pb2 as pb
from sqlalchemy import text

from services.kit.app import BlobReply, Call, Principal
from services.kit.errors import (
    CONCURRENT_CHANGE,
    DomainError,
    Kind,
    Reason,
    fact,
    field_errors_of,
)
from services.kit.ids import new_id
from tests.store.kit.conftest import STAFF, VAULT, Toy, pay, reason

FILE = "papers/1.pdf"
TOO_LITTLE = Reason("TOO_LITTLE", Kind.STATE, "there are {have}", "可用 {have} 元")


def test_the_second_sending_gets_the_first_answer_and_does_nothing(toy: Toy) -> None:
    employer_no, request_id = toy.new_employer(), new_id()
    first = toy.ask(employer_no, request_id=request_id)
    again = toy.ask(employer_no, request_id=request_id)
    assert first.code == 0
    assert again == first
    assert toy.paid(employer_no) == [100]
    assert toy.calls == [100]


def test_a_zero_character_is_refused_with_its_field_and_nothing_is_done(toy: Toy) -> None:
    reply = toy.ask("K\0", request_id=new_id())
    status = status_pb2.Status.FromString(reply.body)
    assert reason(reply) == "FIELD_INVALID"
    assert [each.path for each in field_errors_of(status)] == ["employer_no"]
    assert toy.calls == []


def test_a_refusal_is_the_answer_too(toy: Toy) -> None:
    def refuse(call: Call, request: pb.RecordBankPaymentRequest) -> Message:
        raise fact(TOO_LITTLE, have="0.00")

    employer_no, request_id = toy.new_employer(), new_id()
    toy.pays = refuse
    first = toy.ask(employer_no, request_id=request_id)
    toy.pays = pay
    again = toy.ask(employer_no, request_id=request_id)
    assert reason(first) == "TOO_LITTLE"
    assert again == first
    assert toy.paid(employer_no) == []


def test_a_raised_refusal_undoes_what_the_handler_wrote(toy: Toy) -> None:
    def write_and_raise(call: Call, request: pb.RecordBankPaymentRequest) -> Message:
        pay(call, request)
        raise fact(TOO_LITTLE, have="0.00")

    employer_no = toy.new_employer()
    toy.pays = write_and_raise
    assert reason(toy.ask(employer_no, request_id=new_id())) == "TOO_LITTLE"
    assert toy.paid(employer_no) == []


def test_a_returned_refusal_keeps_what_the_handler_wrote(toy: Toy) -> None:
    def write_and_return(call: Call, request: pb.RecordBankPaymentRequest) -> DomainError:
        pay(call, request)
        return fact(TOO_LITTLE, have="0.00")

    employer_no, request_id = toy.new_employer(), new_id()
    toy.pays = write_and_return
    first = toy.ask(employer_no, request_id=request_id)
    assert reason(first) == "TOO_LITTLE"
    assert toy.ask(employer_no, request_id=request_id) == first
    assert toy.paid(employer_no) == [100]


def test_a_key_of_a_file_is_told_with_every_answer_and_kept_with_none(toy: Toy) -> None:
    employer_no, request_id = toy.new_employer(), new_id()
    toy.pays = hand_out
    first = toy.ask(employer_no, request_id=request_id)
    assert (first.blob, len(first.blob_key)) == (FILE, 32)
    assert first.blob_key.hex() not in repr(first)
    assert toy.ask(employer_no, request_id=request_id) == first
    with toy.runtime.database.reading() as connection:
        kept = connection.execute(
            text("SELECT answer_sealed FROM answered_request WHERE request_id = :id"),
            {"id": request_id},
        ).scalar_one()
    assert VAULT.open(bytes(kept)) == FILE.encode() + b"\n" + first.body


def test_a_file_that_cannot_be_handed_out_leaves_the_id_free(toy: Toy) -> None:
    employer_no, request_id = toy.new_employer(), new_id()
    toy.pays = hand_out_and_lose
    assert reason(toy.ask(employer_no, request_id=request_id)) == "STORED_FILE_UNUSABLE"
    assert toy.paid(employer_no) == []
    toy.pays = hand_out
    assert toy.ask(employer_no, request_id=request_id).code == 0
    assert toy.paid(employer_no) == [100]


def hand_out(call: Call, request: pb.RecordBankPaymentRequest) -> BlobReply:
    call.runtime.blobs.write(FILE, b"content")
    return BlobReply(pay(call, request), FILE)


def hand_out_and_lose(call: Call, request: pb.RecordBankPaymentRequest) -> BlobReply:
    answer = hand_out(call, request)
    call.runtime.blobs.delete(FILE)
    return answer


def test_a_retryable_refusal_leaves_the_id_free(toy: Toy) -> None:
    def busy(call: Call, request: pb.RecordBankPaymentRequest) -> Message:
        raise DomainError(CONCURRENT_CHANGE)

    employer_no, request_id = toy.new_employer(), new_id()
    toy.pays = busy
    assert reason(toy.ask(employer_no, request_id=request_id)) == "CONCURRENT_CHANGE"
    toy.pays = pay
    assert toy.ask(employer_no, request_id=request_id).code == 0
    assert toy.paid(employer_no) == [100]


def test_a_fault_leaves_the_id_free(toy: Toy) -> None:
    def fail(call: Call, request: pb.RecordBankPaymentRequest) -> Message:
        pay(call, request)
        raise RuntimeError

    employer_no, request_id = toy.new_employer(), new_id()
    toy.pays = fail
    assert reason(toy.ask(employer_no, request_id=request_id)) == "FAULT"
    toy.pays = pay
    assert toy.ask(employer_no, request_id=request_id).code == 0
    assert toy.paid(employer_no) == [100]


def test_another_body_under_the_same_id_is_refused(toy: Toy) -> None:
    employer_no, request_id = toy.new_employer(), new_id()
    toy.ask(employer_no, fen=100, request_id=request_id)
    other = toy.ask(employer_no, fen=101, request_id=request_id)
    assert reason(other) == "REQUEST_ID_REUSED"
    assert toy.paid(employer_no) == [100]


def test_ids_of_different_callers_never_meet(toy: Toy) -> None:
    employer_no, request_id = toy.new_employer(), new_id()
    toy.ask(employer_no, request_id=request_id)
    toy.ask(employer_no, request_id=request_id, by=replace(STAFF, name="another"))
    assert toy.paid(employer_no) == [100, 100]


def test_of_two_at_once_one_runs_and_both_get_its_answer(toy: Toy) -> None:
    both_sent = threading.Barrier(2)

    def slowly(call: Call, request: pb.RecordBankPaymentRequest) -> Message:
        call.connection.execute(text("SELECT pg_sleep(0.2)"))
        return pay(call, request)

    def send() -> object:
        both_sent.wait()
        return toy.ask(employer_no, request_id=request_id)

    employer_no, request_id = toy.new_employer(), new_id()
    toy.pays = slowly
    with ThreadPoolExecutor(2) as threads:
        one, other = [each.result() for each in [threads.submit(send), threads.submit(send)]]
    assert one == other
    assert toy.calls == [100]
    assert toy.paid(employer_no) == [100]


def test_when_the_first_of_two_at_once_fails_the_second_runs(toy: Toy) -> None:
    started, may_fail = threading.Event(), threading.Event()

    def fail_once(call: Call, request: pb.RecordBankPaymentRequest) -> Message:
        if len(toy.calls) > 1:
            return pay(call, request)
        started.set()
        may_fail.wait(5)
        raise RuntimeError

    employer_no, request_id = toy.new_employer(), new_id()
    toy.pays = fail_once
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(toy.ask, employer_no, request_id=request_id)
        assert started.wait(5)
        second = threads.submit(toy.ask, employer_no, request_id=request_id)
        may_fail.set()
        assert reason(first.result()) == "FAULT"
        assert second.result().code == 0
    assert toy.paid(employer_no) == [100]


@pytest.mark.parametrize("request_id", ["", "short", "with space", "x" * 65])
def test_a_change_without_a_usable_id_is_refused(toy: Toy, request_id: str) -> None:
    employer_no = toy.new_employer()
    assert reason(toy.ask(employer_no, request_id=request_id)) == "REQUEST_ID_INVALID"
    assert toy.paid(employer_no) == []


def test_nobody_of_another_kind_may_call(toy: Toy) -> None:
    employer_no = toy.new_employer()
    agent = Principal(kind="employer", employer_no=employer_no)
    assert reason(toy.ask(employer_no, request_id=new_id(), by=agent)) == "NOT_ALLOWED"
    assert toy.calls == []


def test_the_stored_answer_is_sealed(toy: Toy) -> None:
    employer_no, request_id = toy.new_employer(), new_id()
    toy.ask(employer_no, request_id=request_id)
    with toy.runtime.database.reading() as connection:
        stored = connection.execute(
            text("SELECT answer_sealed FROM answered_request WHERE request_id = :id"),
            {"id": request_id},
        ).scalar_one()
    assert employer_no.encode() not in bytes(stored)
