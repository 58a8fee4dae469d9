"""Two keys of one employer at the running hall: one submits and signs, the other approves and signs."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hpf.auth.v1 import auth_service_pb2 as auth
from hpf.common.v1 import business_pb2

from client.cli.main import run
from client.errors import HallError, LoginRequired
from client.evidence import check_evidence
from client.hall import Hall
from client.login import PluggedKey
from client.session_store import MemoryStore
from deploy.demo_ca import make_usb_key
from tests.e2e.test_personal_data_at_rest import dumped, shapes_of
from tests.e2e.town import Employer, Town, wait_until

APPROVERS_MOBILE = "13788880001"


def plugged(person: Employer) -> PluggedKey:
    """The key as it is in the person's machine, unlocked."""
    [certificate] = person.key.keys.certificates(person.key.label)
    return PluggedKey(person.key.keys, certificate, pin=person.key.pin)


@pytest.fixture(scope="module")
def handler(town: Town) -> Employer:
    """An employer with people and money."""
    return town.settle(months_ago=1, headcount=2, paid_fen=1_000_000)


@pytest.fixture(scope="module")
def approver(town: Town, handler: Employer) -> Employer:
    """See `second_key`."""
    return second_key(town, handler, label="approver", mobile=APPROVERS_MOBILE)


def second_key(town: Town, handler: Employer, *, label: str, mobile: str) -> Employer:
    """The same employer's second key, with a mobile of its own; then approval and signatures are switched on."""
    key = make_usb_key(town.pki, name=handler.name, uscc=handler.uscc, label=label)
    binding = town.staff.bind_certificate(
        handler.employer_no,
        key.certificate,
        role=auth.KEY_ROLE_APPROVER,
        holder_name="赵复核",
        holder_mobile=mobile,
    )
    assert binding.holder_masked_mobile == f"137****{mobile[-4:]}"
    town.staff.set_employer_access(
        handler.employer_no, approval=auth.ACCESS_OPTION_ON, signature=auth.ACCESS_OPTION_ON
    )
    hall = Hall(
        town.instance.edge_target, ca_pem=town.instance.ca_pem.read_bytes(), store=MemoryStore()
    )
    person = replace(handler, key=key, hall=hall, mobile=mobile)
    town.log_in(person)
    return person


def test_the_sessions_from_before_are_over(
    town: Town, handler: Employer, approver: Employer
) -> None:
    assert wait_until(lambda: _is_over(handler.hall))
    town.log_in(handler)
    session = handler.hall.session()
    assert session is not None
    assert (session.role, session.approval_required, session.signature_required) == (
        auth.KEY_ROLE_HANDLER,
        True,
        True,
    )


def test_a_remittance_is_signed_waits_and_is_posted_when_the_other_key_approves(
    town: Town, handler: Employer, approver: Employer
) -> None:
    town.log_in(handler)
    month = handler.first_month.to_int()
    handler.hall.sign_with(None)
    due = handler.hall.preview_remittance(month)
    with pytest.raises(HallError, match="SIGNATURE_REQUIRED"):
        handler.hall.submit_remittance(month, due=due)

    handler.hall.sign_with(plugged(handler))
    waits = handler.hall.outcome(handler.hall.submit_remittance(month, due=due))

    assert waits.state == business_pb2.BUSINESS_STATE_WAITING_APPROVAL
    assert handler.hall.suspense_fen() == 1_000_000
    with pytest.raises(HallError, match="APPROVER_ONLY"):
        handler.hall.approve(handler.hall.waiting_submission(waits.registration_no))

    [listed] = approver.hall.waiting_submissions()
    assert (listed.waiting_no, listed.signed) == (waits.registration_no, True)
    shown = approver.hall.waiting_submission(listed.waiting_no)
    # What is signed says what it comes to.
    assert json.loads(shown.canonical)["request"] == {
        "to_month": month,
        "expected_amount_fen": "220000",
        "expected_headcount": 2,
    }
    approver.hall.sign_with(plugged(approver))
    posted = approver.hall.outcome(approver.hall.approve(shown))

    # 5000.00 × 22 % for two people and one month.
    assert (posted.state, posted.amount_fen) == (business_pb2.BUSINESS_STATE_POSTED, 220_000)
    assert approver.hall.suspense_fen() == 1_000_000 - 220_000
    assert handler.hall.business(waits.registration_no).registration_no == posted.registration_no
    seen = handler.hall.watch_business(waits.registration_no, lambda _state: None)
    assert seen.registration_no == posted.registration_no
    kept = town.staff.submission_evidence(posted.registration_no)
    assert [each.number for each in kept.evidence] == [
        waits.registration_no,
        posted.registration_no,
    ]
    assert [each.faults for each in check_evidence(kept)] == [(), ()]


def test_a_list_of_several_pages_is_signed_as_it_is_seen(
    town: Town, handler: Employer, approver: Employer
) -> None:
    town.log_in(handler)
    sheet = handler.hall.worksheet("open_accounts")
    sheet.save(town.new_people(501, effective_month=town.month), header={})
    handler.hall.sign_with(plugged(handler))

    waits = handler.hall.outcome(sheet.submit())

    shown = approver.hall.waiting_submission(waits.registration_no)
    assert len(json.loads(shown.content)["rows"]) == 501
    approver.hall.sign_with(plugged(approver))
    opened = approver.hall.outcome(approver.hall.approve(shown))
    assert (opened.state, opened.headcount) == (business_pb2.BUSINESS_STATE_POSTED, 501)
    kept = town.staff.submission_evidence(opened.registration_no)
    assert [each.faults for each in check_evidence(kept)] == [(), ()]


def test_an_altered_piece_of_evidence_is_found(
    town: Town, handler: Employer, approver: Employer
) -> None:
    handler.hall.sign_with(plugged(handler))
    waits = handler.hall.change_profile({"address": "张家口市桥西区新址2号"}).business
    kept = town.staff.submission_evidence(waits.registration_no)
    assert [each.faults for each in check_evidence(kept)] == [()]

    altered = kept.evidence[0].canonical.replace("新址2号".encode(), "新址3号".encode())
    kept.evidence[0].canonical = altered

    assert [each.faults for each in check_evidence(kept)] == [("签名无效",)]
    handler.hall.withdraw(waits.registration_no)


def test_the_audit_trail_tells_of_both(town: Town, handler: Employer, approver: Employer) -> None:
    def told() -> set[tuple[str, str]]:
        entries = town.staff.audit_entries(handler.employer_no).entries
        return {(each.step, each.outcome) for each in entries if each.digest and each.session_id}

    assert wait_until(
        lambda: (
            {
                ("SubmitRemittance", "waiting"),
                ("ApproveSubmission", "approved"),
                ("ChangeProfile", "withdrawn"),
            }
            <= told()
        )
    )


def test_nothing_that_waits_or_was_signed_lies_open(
    town: Town, handler: Employer, approver: Employer
) -> None:
    mobile = "13655554444"
    [person] = town.new_people(1, effective_month=town.month)
    sheet = handler.hall.worksheet("open_accounts")
    sheet.save([person], header={})
    handler.hall.sign_with(plugged(handler))
    waiting = [sheet.submit(), handler.hall.change_profile({"agent_mobile": mobile}).business]
    secrets = [mobile, APPROVERS_MOBILE, person["id_number"], person["mobile"]]

    found = [
        (service, table, secret)
        for service in ("auth", "collection")
        for table, content in dumped(town.instance.owner_url(service))
        for secret in secrets
        if any(shape in content for shape in shapes_of(secret))
    ]

    assert found == []
    for each in waiting:
        assert each.state == business_pb2.BUSINESS_STATE_WAITING_APPROVAL
        # It is there nevertheless: whoever approves sees it.
        shown = approver.hall.waiting_submission(each.registration_no)
        assert any(secret.encode() in shown.canonical + shown.content for secret in secrets)
        handler.hall.withdraw(each.registration_no)
    sheet.clear()


Hpf = Callable[..., tuple[int, str, str]]


@pytest.fixture
def hpf(
    town: Town,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Hpf:
    """Runs `hpf` as the holder of a key: its settings, a session file of their own, the PIN in a file."""

    def command(person: Employer, *arguments: str) -> tuple[int, str, str]:
        pin = tmp_path / "pin"
        pin.write_text(f"{person.key.pin}\n")
        config = replace(
            town.config(person),
            session_file=str(tmp_path / f"{person.key.label}.json"),
            pin_file=str(pin),
            token=person.key.label,
        )
        settings = tmp_path / "hpf.toml"
        settings.write_text(config.to_toml(), encoding="utf-8")
        monkeypatch.setenv("HPF_CONFIG", str(settings))
        # Two machines in one process: what the other's key left in the environment would win.
        monkeypatch.delenv("SOFTHSM2_CONF", raising=False)
        capsys.readouterr()
        code = run(list(arguments))
        told = capsys.readouterr()
        return code, told.out, told.err

    return command


def test_both_keys_can_take_the_receipt_of_a_closing(town: Town, tmp_path: Path) -> None:
    handler = town.register()
    approver = second_key(town, handler, label="closing", mobile="13788880002")
    town.log_in(handler)
    handler.hall.sign_with(plugged(handler))
    approver.hall.sign_with(plugged(approver))
    waits = handler.hall.outcome(handler.hall.close_employer("01"))
    assert waits.state == business_pb2.BUSINESS_STATE_WAITING_APPROVAL

    shown = approver.hall.waiting_submission(waits.registration_no)
    closed = approver.hall.outcome(approver.hall.approve(shown))

    assert closed.state == business_pb2.BUSINESS_STATE_POSTED
    for hall in (handler.hall, approver.hall):
        paper = hall.download_receipt(closed.registration_no, tmp_path / "closing.pdf")
        assert paper.path.read_bytes().startswith(b"%PDF")


def test_the_whole_way_with_hpf(
    handler: Employer, approver: Employer, hpf: Hpf, tmp_path: Path
) -> None:
    for person in (handler, approver):
        login = ("login", "--pin-file", str(tmp_path / "pin"), "--code-from-outbox")
        (tmp_path / "pin").write_text(f"{person.key.pin}\n")
        code, out, err = hpf(person, *login)
        assert code == 0, err
        assert "须签名、须复核" in out
    rates = ("rates", "change", "--employer", "10", "--employee", "10", "--yes")

    code, out, err = hpf(handler, *rates)
    assert (code, "待复核" in out) == (0, True), err
    number = next(word for word in out.split() if word.startswith("WC"))
    code, out, err = hpf(handler, "approval", "approve", number, "--yes")
    assert (code, "APPROVER_ONLY" in err) == (1, True)
    assert number in hpf(approver, "approval", "list")[1]
    assert "employer_rate_max" in hpf(approver, "approval", "show", number)[1]
    code, out, err = hpf(approver, "approval", "reject", number, "--reason", "比例应为 8")
    assert (code, "退回" in out) == (0, True), err

    code, out, err = hpf(handler, "business", number)
    assert "未通过" in out
    out = hpf(handler, *rates)[1]
    number = next(word for word in out.split() if word.startswith("WC"))
    code, out, err = hpf(approver, "approval", "approve", number, "--yes", "--json")
    assert code == 0, err
    registration_no = json.loads(out)["business"]["registration_no"]
    code, out, err = hpf(approver, "admin", "evidence", registration_no)
    assert (code, out.count("签名有效，内容未改动")) == (0, 2), err
    assert hpf(approver, "admin", "evidence", "no such number")[0] == 1
    code, out, err = hpf(
        approver, "admin", "access", "set", handler.employer_no, "--approval", "off"
    )
    assert (code, "不要求（不要求）" in out, "要求（要求）" in out) == (0, True, True)
    code, _, _ = hpf(handler, "people")
    assert code == 3
    certificate = tmp_path / "approver.der"
    certificate.write_bytes(approver.key.certificate)
    holder = ("--role", "handler", "--name", "钱经办", "--mobile", "13744440004")
    code, out, err = hpf(
        approver,
        *("admin", "certificate", "bind", handler.employer_no, "--file", str(certificate), *holder),
        "--json",
    )
    assert code == 0, err
    binding = json.loads(out)["binding"]
    assert (binding["role"], binding["holder_masked_mobile"]) == ("KEY_ROLE_HANDLER", "137****0004")
    code, out, err = hpf(approver, "admin", "access", "show", handler.employer_no, "--json")
    found = json.loads(out)["access"]
    assert (found["handlers"], found["approvers"], found["signature_required"]) == (2, 0, True)


def _is_over(hall: Hall) -> bool:
    try:
        hall.ask_session()
    except LoginRequired:
        return True
    return False
