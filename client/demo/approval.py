"""Two keys of one employer: one submits and signs, the other approves and signs (复核)."""

from __future__ import annotations

from datetime import UTC, datetime

from hpf.auth.v1 import auth_service_pb2 as auth
from hpf.common.v1 import business_pb2
from pkcs11 import KeyType

from client.cli import tables
from client.demo.employers import SECOND, registrations
from client.demo.people import EMPLOYEE_RATE, EMPLOYER_RATE
from client.demo.story import Story
from client.evidence import check_evidence
from client.hall import Hall
from client.login import PluggedKey
from client.sms_outbox import newest_code
from deploy.demo_ca import make_usb_key

APPROVERS_MOBILE = "13800310009"


def submit_and_approve(story: Story) -> None:
    """The second employer wants four eyes and signatures; its address changes when both have agreed."""
    story.tell.step("复核与签名：第二家单位要求经办签名提交、复核签名通过")
    employer_no = story.others[SECOND - 1]  # the main one comes first and is not among them
    profile = registrations(
        story.months[0], employer_rate=EMPLOYER_RATE, employee_rate=EMPLOYEE_RATE
    )[SECOND].profile
    keys = {}
    for role in ("handler", "approver"):
        made = make_usb_key(
            story.pki, name=profile.name, uscc=profile.uscc, label=role, kind=KeyType.EC
        )
        [certificate] = made.keys.certificates(made.label)
        keys[role] = PluggedKey(made.keys, certificate, pin=made.pin)
    story.staff.bind_certificate(employer_no, keys["handler"].certificate)
    story.staff.bind_certificate(
        employer_no,
        keys["approver"].certificate,
        role=auth.KEY_ROLE_APPROVER,
        holder_name="赵复核",
        holder_mobile=APPROVERS_MOBILE,
    )
    on = auth.ACCESS_OPTION_ON
    story.staff.set_employer_access(employer_no, approval=on, signature=on)
    story.tell.command(f"hpf admin access set {employer_no} --approval on --signature on")
    with story.new_hall() as handler, story.new_hall() as approver:
        _log_in(story, handler, keys["handler"], mobile=profile.agent_mobile)
        _log_in(story, approver, keys["approver"], mobile=APPROVERS_MOBILE)
        waits = handler.change_profile({"address": "张家口市宣化区新路2号"}).business
        story.tell.command("hpf profile change address=张家口市宣化区新路2号 --sign")
        story.tell.show(tables.business_facts(waits))
        story.tell.check(
            "提交后等待复核",
            expected=business_pb2.BUSINESS_STATE_WAITING_APPROVAL,
            found=waits.state,
            shown=waits.registration_no,
        )
        posted = approver.approve(approver.waiting_submission(waits.registration_no))
    story.tell.command(f"hpf approval approve {waits.registration_no}")
    story.tell.check(
        "复核通过后办结",
        expected=business_pb2.BUSINESS_STATE_POSTED,
        found=posted.state,
        shown=posted.registration_no,
    )
    evidence = story.staff.submission_evidence(posted.registration_no)
    story.tell.command(f"hpf admin evidence {posted.registration_no}")
    story.tell.check(
        "经办和复核的签名均有效",
        expected=[(), ()],
        found=[each.faults for each in check_evidence(evidence)],
        shown="两份",
    )


def _log_in(story: Story, hall: Hall, key: PluggedKey, *, mobile: str) -> None:
    since = datetime.now(UTC)
    hall.login(key, code=lambda _sent: newest_code(story.sms_outbox, since=since, mobile=mobile))
    hall.sign_with(key)
