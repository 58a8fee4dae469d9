"""What an employer does with its own certificates: see them, report one lost (manual 二)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hpf.auth.v1 import auth_events_pb2 as events
from hpf.auth.v1 import auth_service_pb2 as pb
from hpf.collection.v1 import collection_events_pb2 as collection

from deploy.demo_ca import make_usb_key
from services.kit.app import Principal


def refusal(call: Any) -> str:
    with pytest.raises(Exception) as caught:
        call()
    return str(caught.value)


def own(door: Any, employer_no: str) -> list[Any]:
    who = Principal(kind="employer", employer_no=employer_no, session_id="any")
    return list(door.call("ListOwnBindings", pb.ListOwnBindingsRequest(), who).bindings)


def ended(door: Any) -> list[tuple[str, int]]:
    return [
        (event.session_id, event.end)
        for event in door.events()
        if isinstance(event, events.SessionEnded)
    ]


def test_an_employer_sees_its_own_certificates_only(door: Any) -> None:
    assert [each.employer_no for each in own(door, "10010001")] == ["10010001"]
    assert own(door, "20020002") == []


def test_the_holder_reports_the_loss_of_the_key_of_this_session(door: Any) -> None:
    session = door.log_in()
    [bound] = own(door, "10010001")
    request = pb.ReportOwnLossRequest(issuer=bound.issuer, serial=bound.serial.upper())

    reported = door.call("ReportOwnLoss", request, door.agent(session))

    assert (reported.binding.end_reason, reported.ended_sessions) == ("lost", 1)
    assert ended(door) == [(session.session_id, events.SESSION_END_CERTIFICATE_LOST)]
    door.pass_time(seconds=60)
    assert refusal(door.answer) == "LOGIN_REFUSED"
    assert refusal(door.bind) == "CERTIFICATE_WAS_LOST"


def test_the_loss_of_another_key_leaves_this_session(door: Any) -> None:
    second = make_usb_key(
        door.pki,
        name="测试单位",
        uscc="91130701MA0ABCDE1X",
        label="second",
        now=door.clock.now() - timedelta(days=1),
    )
    other = door.bind(second)
    session = door.log_in()
    request = pb.ReportOwnLossRequest(issuer=other.issuer, serial=other.serial)

    reported = door.call("ReportOwnLoss", request, door.agent(session))

    assert (reported.binding.serial, reported.ended_sessions) == (other.serial, 0)
    assert ended(door) == []


def test_an_employer_cannot_report_anothers_certificate(door: Any) -> None:
    [bound] = own(door, "10010001")
    stranger = Principal(kind="employer", employer_no="20020002", session_id="s")
    request = pb.ReportOwnLossRequest(issuer=bound.issuer, serial=bound.serial)
    assert refusal(lambda: door.call("ReportOwnLoss", request, stranger)) == "BINDING_NOT_FOUND"
    assert own(door, "10010001")[0].ended_on == ""


def test_a_mobile_change_just_after_a_login_gets_its_code_and_every_step_is_audited(
    door: Any,
) -> None:
    session = door.log_in()
    asked = collection.AgentMobileChangeAsked(
        change_no="20250602000001", new_mobile_sealed=door.runtime.vault.seal_text("13900005678")
    )
    door.tell(asked, "10010001")
    request = pb.ConfirmMobileChangeRequest(code=door.code())

    door.call("ConfirmMobileChange", request, door.agent(session))

    assert [m["mobile"] for m in door.messages()] == ["13800001234", "13800001234"]
    steps = door.rows("SELECT step, outcome FROM audit_entry ORDER BY position DESC LIMIT 2")
    assert [tuple(row) for row in steps] == [
        ("mobile change confirm", "ok"),
        ("mobile change asked", "ok"),
    ]


def test_a_mobile_change_without_a_number_on_file_waits_for_staff(door: Any) -> None:
    session = door.log_in()
    door.register(mobile="")
    door.tell(collection.AgentMobileChangeAsked(change_no="1"), "10010001")
    again = pb.ResendMobileChangeCodeRequest()
    assert refusal(lambda: door.call("ResendMobileChangeCode", again, door.agent(session))) == (
        "MOBILE_NOT_ON_FILE"
    )


def test_any_event_that_carries_the_employer_keeps_the_copy_up(door: Any) -> None:
    state = collection.EmployerState(
        employer_no="10010001",
        name="改名单位",
        uscc="91130701MA0ABCDE1X",
        agent_mobile_sealed=door.runtime.vault.seal_text("13600007777"),
        status="01",
    )
    door.tell(collection.RosterReleased(employer=state), "10010001")
    door.tell(collection.RosterReleased(registration_no="1"), "10010001")
    assert door.answer()[1].masked_mobile == "136****7777"
