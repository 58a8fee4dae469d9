"""No answer tells whether an employer, a certificate or an attempt is known: compared octet by octet, and by what was looked up."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from hpf.auth.v1 import auth_service_pb2 as pb
from pkcs11 import KeyType
from sqlalchemy import event

from deploy.demo_ca import DemoPki, UsbKey, make_usb_key
from services.kit.app import CallContext, Principal
from services.kit.calls import execute
from services.kit.ids import new_id
from tests.store.auth.conftest import NOW

PUBLIC = Principal(address="192.0.2.7")
OTHER_USCC = "91130702MA0FGHJ23K"


@pytest.fixture(scope="module")
def other_key(demo_pki: DemoPki) -> UsbKey:
    """A genuine key of the same CA that nobody bound."""
    return make_usb_key(
        demo_pki,
        name="别的单位",
        uscc=OTHER_USCC,
        label="nobody bound it",
        kind=KeyType.EC,
        now=NOW - timedelta(days=1),
    )


def answer(door: Any, method: str, request: Any) -> tuple[int, bytes]:
    """Code and octets of what a caller gets, whatever it is."""
    if "request_id" in request.DESCRIPTOR.fields_by_name:
        request.request_id = new_id()
    reply = execute(door.runtime, method, request.SerializeToString(), CallContext(PUBLIC, "ref"))
    return reply.code, reply.body


@contextmanager
def counted(door: Any) -> Iterator[list[str]]:
    """The statements that reach the database meanwhile."""
    seen: list[str] = []
    engine = door.runtime.database.engine

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


def forged(door: Any, certificate: bytes) -> tuple[tuple[int, bytes], list[str]]:
    """Somebody shows a certificate whose key they do not have."""
    started = door.call("StartLogin", pb.StartLoginRequest())
    request = pb.AnswerChallengeRequest(
        attempt_id=started.attempt_id,
        certificate=certificate,
        algorithm=pb.SIGNATURE_ALGORITHM_RSA_PKCS1_SHA256,
        signature=bytes(256),
    )
    with counted(door) as statements:
        found = answer(door, "AnswerChallenge", request)
    return found, statements


def test_without_the_key_a_bound_certificate_looks_like_any_other(
    door: Any, other_key: UsbKey
) -> None:
    bound, statements = forged(door, door.key.certificate)
    unbound, same_statements = forged(door, other_key.certificate)
    [binding] = door.call("ListBindings", pb.ListBindingsRequest(), staff()).bindings
    loss = pb.ReportLossRequest(issuer=binding.issuer, serial=binding.serial)
    door.call("ReportLoss", loss, staff())
    lost, still_same = forged(door, door.key.certificate)
    assert bound == unbound == lost
    assert statements == same_statements == still_same
    assert not any(
        table in each for each in statements for table in ("FROM binding", "FROM employer")
    )


def test_with_the_key_every_cause_in_our_records_gets_one_answer(
    door: Any, other_key: UsbKey
) -> None:
    def refused(key: UsbKey) -> tuple[int, bytes]:
        started = door.call("StartLogin", pb.StartLoginRequest())
        return answer(door, "AnswerChallenge", door.signed(started, key))

    unbound = refused(other_key)
    door.register(uscc=OTHER_USCC)
    uscc_differs = refused(door.key)
    door.register(status="04")
    closed = refused(door.key)
    assert unbound == uscc_differs == closed
    causes = door.rows("SELECT outcome FROM audit_entry WHERE step = 'answer' ORDER BY position")
    assert [row.outcome for row in causes] == [
        "LOGIN_REFUSED:not bound",
        "LOGIN_REFUSED:uscc differs",
        "LOGIN_REFUSED:employer closed",
    ]


@pytest.mark.parametrize("method", ["AnswerChallenge", "ConfirmCode", "ResendCode"])
def test_an_attempt_that_is_over_looks_like_one_that_never_was(door: Any, method: str) -> None:
    def over(attempt_id: str) -> tuple[int, bytes]:
        request = {
            "AnswerChallenge": pb.AnswerChallengeRequest(attempt_id=attempt_id),
            "ConfirmCode": pb.ConfirmCodeRequest(attempt_id=attempt_id, code="123456"),
            "ResendCode": pb.ResendCodeRequest(attempt_id=attempt_id),
        }[method]
        return answer(door, method, request)

    done, _ = door.answer()
    door.confirm(done, door.code())
    assert over(done) == over("no-such-attempt")


def staff() -> Principal:
    return Principal(kind="staff", name="wang")
