"""Certificates and employers: bound by staff, renewed by a login, listed (manual §1, §10)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hpf.auth.v1 import auth_service_pb2 as pb
from pkcs11 import KeyType

from deploy.demo_ca import make_usb_key
from services.kit.app import Principal

STAFF = Principal(kind="staff", name="wang")
USCC = "91130701MA0ABCDE1X"


def refusal(call: Any) -> str:
    with pytest.raises(Exception) as caught:
        call()
    return str(caught.value)


def make_key(door: Any, label: str, *, uscc: str = USCC, days: int = 365) -> Any:
    """A key that is valid from yesterday for so many days."""
    now = door.clock.now()
    return make_usb_key(
        door.pki,
        name="测试单位",
        uscc=uscc,
        label=label,
        kind=KeyType.EC,
        now=now - timedelta(days=1),
        not_after=now + timedelta(days=days),
    )


def listed(door: Any) -> list[tuple[str, str]]:
    found = door.call("ListBindings", pb.ListBindingsRequest(employer_no="10010001"), STAFF)
    return [(each.not_after, each.end_reason) for each in found.bindings]


def test_binding_again_is_the_same_binding(door: Any) -> None:
    door.bind()
    assert len(listed(door)) == 1


def test_an_employer_not_known_yet_is_worth_another_try(door: Any) -> None:
    assert refusal(lambda: door.bind(employer_no="404")) == "EMPLOYER_NOT_KNOWN"


def test_a_certificate_of_another_uscc_is_not_bound(door: Any) -> None:
    key = make_key(door, "stranger", uscc="91130701MA0WWWWW1X")
    assert refusal(lambda: door.bind(key)) == "USCC_MISMATCH"


def test_a_certificate_bound_elsewhere_is_not_bound_again(door: Any) -> None:
    door.register("10010002")
    assert refusal(lambda: door.bind(employer_no="10010002")) == "CERTIFICATE_BOUND_ELSEWHERE"


def test_what_is_no_certificate_is_not_bound(door: Any) -> None:
    request = pb.BindCertificateRequest(employer_no="10010001", certificate=b"nothing")
    assert refusal(lambda: door.call("BindCertificate", request, STAFF)) == "CERTIFICATE_NOT_GOOD"


def test_an_agent_cannot_bind(door: Any) -> None:
    agent = door.agent(door.log_in())
    request = pb.BindCertificateRequest(employer_no="10010001", certificate=door.key.certificate)
    assert refusal(lambda: door.call("BindCertificate", request, agent)) == "NOT_ALLOWED"


def test_a_renewed_certificate_takes_over_near_the_end_of_the_old(door: Any) -> None:
    door.pass_time(days=300)
    renewed = make_key(door, "renewed", days=365)
    session = door.log_in(renewed)
    assert session.employer_no == "10010001"
    assert listed(door) == [("2026-06-01", "renewed"), ("2027-03-29", "")]
    door.pass_time(seconds=60)
    assert refusal(door.answer) == "LOGIN_REFUSED"


def test_a_second_key_does_not_take_over_in_mid_year(door: Any) -> None:
    second = make_key(door, "second", days=500)
    assert refusal(lambda: door.answer(second)) == "LOGIN_REFUSED"
    door.bind(second)
    door.log_in(second)


def test_a_certificate_of_another_holder_takes_nothing_over(door: Any) -> None:
    door.pass_time(days=300)
    other = make_key(door, "other", uscc="91130701MA0VVVVV1X", days=365)
    assert refusal(lambda: door.answer(other)) == "LOGIN_REFUSED"


def test_an_unbound_certificate_can_be_bound_again(door: Any) -> None:
    bound = door.bind()
    request = pb.UnbindCertificateRequest(issuer=bound.issuer, serial=bound.serial)
    assert door.call("UnbindCertificate", request, STAFF).binding.end_reason == "unbound"
    assert refusal(door.answer) == "LOGIN_REFUSED"
    door.bind()
    door.log_in()


def test_unbinding_what_is_not_bound_is_refused(door: Any) -> None:
    request = pb.UnbindCertificateRequest(issuer="CN=nobody", serial="1")
    assert refusal(lambda: door.call("UnbindCertificate", request, STAFF)) == "BINDING_NOT_FOUND"


def test_older_events_do_not_undo_newer_ones(door: Any) -> None:
    door.register(mobile="13900005678")
    door.versions["10010001"] = 0
    door.register(mobile="13800001234")
    _, answered = door.answer()
    assert answered.masked_mobile == "139****5678"


def test_bindings_are_listed_in_pages(door: Any) -> None:
    door.bind(make_key(door, "second", days=500))
    first = door.call("ListBindings", pb.ListBindingsRequest(page_size=1), STAFF)
    assert len(first.bindings) == 1
    rest = door.call(
        "ListBindings",
        pb.ListBindingsRequest(page_size=1, page_token=first.next_page_token),
        STAFF,
    )
    assert rest.bindings[0].serial != first.bindings[0].serial
    assert rest.next_page_token == ""
