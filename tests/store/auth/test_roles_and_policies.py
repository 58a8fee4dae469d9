"""Handlers and approvers, and what an employer's submissions need: set by staff, told in every session."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any

import pytest
from hpf.auth.v1 import auth_events_pb2 as events
from hpf.auth.v1 import auth_service_pb2 as pb
from pkcs11 import KeyType

from deploy.demo_ca import make_usb_key
from services.auth.domain.access import EmployerAccess, Option
from services.auth.store import employers
from services.auth.store.access import save_access
from services.kit.access_tokens import AccessClaims, verify_access_token
from services.kit.app import Principal

NOW = datetime(2025, 6, 2, 1, 0, tzinfo=UTC)
STAFF = Principal(kind="staff", name="wang")
EMPLOYER_NO = "10010001"
USCC = "91130701MA0ABCDE1X"


def make_key(door: Any, label: str, *, name: str = "测试单位", days: int = 365) -> Any:
    """The same label again is the same key, with the certificate it has."""
    now = door.clock.now()
    return make_usb_key(
        door.pki,
        name=name,
        uscc=USCC,
        label=label,
        kind=KeyType.EC,
        now=now - timedelta(days=1),
        not_after=now + timedelta(days=days),
    )


def bind(door: Any, key: Any, **holder: Any) -> Any:
    request = pb.BindCertificateRequest(
        employer_no=EMPLOYER_NO, certificate=key.certificate, **holder
    )
    return door.call("BindCertificate", request, STAFF).binding


def bind_approver(door: Any, key: Any) -> Any:
    return bind(
        door,
        key,
        role=pb.KEY_ROLE_APPROVER,
        holder_name="赵复核",
        holder_mobile="13700007777",
    )


def set_access(door: Any, **options: int) -> pb.SetEmployerAccessResponse:
    request = pb.SetEmployerAccessRequest(employer_no=EMPLOYER_NO, **options)
    reply: pb.SetEmployerAccessResponse = door.call("SetEmployerAccess", request, STAFF)
    return reply


def access(door: Any) -> pb.EmployerAccess:
    request = pb.GetEmployerAccessRequest(employer_no=EMPLOYER_NO)
    return door.call("GetEmployerAccess", request, STAFF).access


def claims_of(door: Any, session: Any) -> AccessClaims:
    return verify_access_token(session.access_token, key=door.public_key, now=door.clock.now())


def refusal(call: Any) -> str:
    with pytest.raises(Exception) as caught:
        call()
    return str(caught.value)


def test_a_session_says_which_certificate_it_belongs_to_and_that_its_key_submits(door: Any) -> None:
    session = door.log_in()
    claims = claims_of(door, session)
    assert claims.certificate_sha256 == hashlib.sha256(door.key.certificate).hexdigest()
    assert (claims.roles, claims.policies) == (("handler",), ())
    assert session.role == pb.KEY_ROLE_HANDLER
    assert not session.approval_required
    assert not session.signature_required


def test_an_approver_gets_the_code_on_a_number_of_their_own(door: Any) -> None:
    approver = make_key(door, "approver")
    bound = bind_approver(door, approver)
    assert (bound.role, bound.holder_name) == (pb.KEY_ROLE_APPROVER, "赵复核")
    assert bound.holder_masked_mobile == "137****7777"

    attempt_id, answered = door.answer(approver)
    assert answered.masked_mobile == "137****7777"
    assert door.messages()[-1]["mobile"] == "13700007777"
    session = door.confirm(attempt_id, door.code())

    assert claims_of(door, session).roles == ("approver",)
    assert (session.role, session.agent_name) == (pb.KEY_ROLE_APPROVER, "赵复核")
    # Nothing of it is readable in the store.
    (kept,) = door.rows("SELECT * FROM binding WHERE role = 'approver'")
    assert "13700007777" not in str(kept)
    assert "赵复核" not in str(kept)


def test_half_a_holder_is_refused(door: Any) -> None:
    key = make_key(door, "half")
    for holder in (
        {"holder_name": "赵复核"},
        {"holder_mobile": "13700007777"},
        {"holder_name": "赵复核", "holder_mobile": "12345"},
        {"role": 7},
    ):
        assert refusal(lambda given=holder: bind(door, key, **given)) == "FIELD_INVALID"


def test_a_key_that_changes_hands_loses_its_session(door: Any) -> None:
    session = door.log_in()
    assert bind(door, door.key).role == pb.KEY_ROLE_HANDLER  # as it was: nobody is thrown out
    door.call("GetSession", pb.GetSessionRequest(), door.agent(session))

    bind(door, door.key, role=pb.KEY_ROLE_APPROVER)

    ended = [each for each in door.events() if isinstance(each, events.SessionEnded)]
    assert [(each.session_id, each.end) for each in ended] == [
        (session.session_id, events.SESSION_END_ACCESS_CHANGED)
    ]
    again = pb.RefreshSessionRequest(refresh_token=session.refresh_token)
    assert refusal(lambda: door.call("RefreshSession", again)) == "SESSION_OVER"
    door.pass_time(seconds=60)
    assert claims_of(door, door.log_in()).roles == ("approver",)


def test_what_staff_set_holds_at_once_and_for_every_later_session(door: Any) -> None:
    session = door.log_in()

    reply = set_access(door, approval=pb.ACCESS_OPTION_ON, signature=pb.ACCESS_OPTION_ON)

    assert reply.ended_sessions == 1
    again = pb.RefreshSessionRequest(refresh_token=session.refresh_token)
    assert refusal(lambda: door.call("RefreshSession", again)) == "SESSION_OVER"
    door.pass_time(seconds=60)
    later = door.log_in()
    assert later.approval_required
    assert later.signature_required
    assert claims_of(door, later).policies == ("approval_required", "signature_required")
    renewed = door.call(
        "RefreshSession", pb.RefreshSessionRequest(refresh_token=later.refresh_token)
    ).session
    assert claims_of(door, renewed).policies == ("approval_required", "signature_required")
    (entry,) = door.rows("SELECT outcome, actor FROM audit_entry WHERE step = 'access'")
    assert tuple(entry) == ("ok:approval on, signature on", "wang")


def test_the_halls_settings_hold_where_nothing_is_set(door: Any) -> None:
    assert (access(door).approval_required, access(door).signature_required) == (False, False)
    door.runtime.settings = door.runtime.settings.model_copy(
        update={"approval_required": True, "signature_required": True}
    )
    assert (access(door).approval_required, access(door).signature_required) == (True, True)
    assert claims_of(door, door.log_in()).policies == ("approval_required", "signature_required")

    changed = set_access(door, approval=pb.ACCESS_OPTION_OFF).access

    assert (changed.approval_required, changed.signature_required) == (False, True)


def test_staff_see_how_many_keys_could_approve(door: Any) -> None:
    assert (access(door).handlers, access(door).approvers) == (1, 0)
    bind_approver(door, make_key(door, "approver"))
    assert (access(door).handlers, access(door).approvers) == (1, 1)


def test_options_that_do_not_exist_and_employers_nobody_knows_are_refused(door: Any) -> None:
    assert refusal(lambda: set_access(door, approval=9)) == "FIELD_INVALID"
    unknown = pb.SetEmployerAccessRequest(employer_no="404")
    assert refusal(lambda: door.call("SetEmployerAccess", unknown, STAFF)) == "EMPLOYER_NOT_KNOWN"
    agent = door.agent(door.log_in())
    mine = pb.SetEmployerAccessRequest(employer_no=EMPLOYER_NO)
    assert refusal(lambda: door.call("SetEmployerAccess", mine, agent)) == "NOT_ALLOWED"


def test_a_renewed_key_keeps_role_and_holder(door: Any) -> None:
    approver = make_key(door, "renewing", name="测试单位复核", days=80)
    bind_approver(door, approver)
    renewed = make_key(door, "renewing-2", name="测试单位复核", days=400)

    session = door.log_in(renewed)

    assert claims_of(door, session).roles == ("approver",)
    assert door.messages()[-1]["mobile"] == "13700007777"


def test_nobody_becomes_their_own_approver_by_renewing_a_key(door: Any) -> None:
    # The approver's certificate is about to end, the handler comes with a new one of the same employer.
    bind_approver(door, make_key(door, "ending", name="测试单位复核", days=20))
    handlers_new = make_key(door, "handler-2", name="测试单位", days=400)
    assert refusal(lambda: door.answer(handlers_new)) == "LOGIN_REFUSED"
    # Nor when all of the employer's certificates carry the same name: staff bind it.
    bind_approver(door, make_key(door, "approver-same-name", days=20))
    assert refusal(lambda: door.answer(handlers_new)) == "LOGIN_REFUSED"


def test_a_login_that_ends_while_staff_change_the_policies_gets_the_new_ones(door: Any) -> None:
    attempt_id, _ = door.answer()
    code = door.code()
    sessions: list[Any] = []
    login = Thread(target=lambda: sessions.append(door.confirm(attempt_id, code)))
    with door.runtime.database.transaction() as staff:
        # As far as staff's call gets before its commit: the employer held, the options changed.
        employers.load_employer(staff, EMPLOYER_NO, vault=door.runtime.vault, lock=True)
        changed = EmployerAccess(EMPLOYER_NO, approval=Option.ON, set_by="wang", set_at=NOW)
        save_access(staff, changed)
        login.start()
        login.join(timeout=0.3)
        assert sessions == []
    login.join(timeout=10)
    assert claims_of(door, sessions[0]).policies == ("approval_required",)
