"""The counter registers and binds; the clerk logs in with USB key, PIN and code (manual 一, 三)."""

from __future__ import annotations

from datetime import UTC, datetime

from client.demo.employers import MAIN, registrations
from client.demo.people import EMPLOYEE_RATE, EMPLOYER_RATE
from client.demo.story import Story, known_by_now
from client.login import PluggedKey
from client.sms_outbox import newest_code
from deploy.demo_ca import UsbKey, make_usb_key


def register_employers(story: Story) -> UsbKey:
    """Three employers, and a USB key for one of them."""
    story.tell.step("管理中心：登记三家单位，绑定数字证书")
    requests = registrations(
        story.months[0], employer_rate=EMPLOYER_RATE, employee_rate=EMPLOYEE_RATE
    )
    numbers = []
    for request in requests:
        business = story.staff.register_employer(request).business
        numbers.append(business.employer_no)
        story.tell.say(f"{business.employer_no}  {request.profile.name}")
    story.tell.check("单位账号各不相同", expected=3, found=len(set(numbers)))
    story.employer_no = numbers[MAIN]
    story.others = [number for place, number in enumerate(numbers) if place != MAIN]
    profile = requests[MAIN].profile
    key = make_usb_key(story.pki, name=profile.name, uscc=profile.uscc, label="usbkey")
    binding = known_by_now(lambda: story.staff.bind_certificate(story.employer_no, key.certificate))
    story.tell.say(f"证书 {binding.serial} 已绑定到 {profile.name}")
    path = story.folder / "证书.der"
    path.write_bytes(key.certificate)
    where = story.tell.path(path)
    story.tell.command(f"hpf admin certificate bind {story.employer_no} --file {where}")
    return key


def log_in(story: Story, key: UsbKey) -> None:
    """PIN on the key, signed challenge, code by SMS."""
    story.tell.step("单位经办人：插入 USBKEY，用密码和短信验证码登录")
    certificate = key.keys.certificates(key.label)[0]
    since = datetime.now(UTC)
    pending = story.hall.start_login(PluggedKey(key.keys, certificate, pin=key.pin))
    code = newest_code(story.sms_outbox, since=since)
    story.tell.say(f"验证码已发送至 {pending.code_sent.masked_mobile}，收到 {code}")
    session = pending.confirm(code)
    story.tell.say(f"已登录：{session.employer_name}，经办人 {session.agent_name}")
    story.tell.command("hpf login --code-from-outbox")
    story.tell.check("登录单位", expected=story.employer_no, found=session.employer_no)
