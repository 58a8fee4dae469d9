"""`hpf login`, `logout`, `session`: the USB key, its PIN, the code by SMS (manual 三)."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

import click
from hpf.auth.v1.auth_service_pb2 import KEY_ROLE_APPROVER, GetSessionResponse, Session

from client.cli.chinese import command
from client.cli.shell import Shell, json_option, pass_shell
from client.cli.tables import facts
from client.errors import InputError, LoginRequired
from client.login import CodeSent, PluggedKey
from client.sms_outbox import newest_code
from client.usbkey import KeyCertificate, UsbKeys
from services.kit.clock import CHINA

#: From here on the holder is told that the certificate runs out (manual 十).
RENEWAL_WARNING_DAYS = 30

#: The 温馨提示 of manual 三: told to whoever logs in here for the first time.
FIRST_LOGIN_HINT = (
    "温馨提示：首次使用请先打印一份单位缴存证明（hpf certificate -o 缴存证明.pdf），"
    "确认能正常显示并打印，再办理其他业务。"
)
#: The 温馨提示 of manual 二.
KEY_CARE_HINT = "请拔出 USBKEY 妥善保管，不要转借或交与他人；丢失请立即申请补办。"


@command(
    "login",
    examples=(
        "hpf login                       插入 USBKEY，按提示输入密码和短信验证码",
        "hpf login --token 张家口某单位   插着几个 USBKEY 时指定一个",
        "hpf login --code-from-outbox    本机演示环境：验证码取自本地短信箱",
    ),
)
@click.option("--token", metavar="名称", help="USBKEY 名称（hpf key list 可查）")
@click.option(
    "--pin-file", type=click.File("r"), metavar="文件", help="从文件读取数字证书密码，- 为标准输入"
)
@click.option("--code", metavar="验证码", help="短信验证码；不填则提示输入")
@click.option("--code-from-outbox", is_flag=True, help="从本地短信箱取验证码（仅限本机环境）")
@json_option
@pass_shell
def login(
    shell: Shell,
    token: str | None,
    pin_file: TextIO | None,
    code: str | None,
    code_from_outbox: bool,
) -> None:
    """用 USBKEY 和短信验证码登录。"""
    keys, certificate = chosen_certificate(shell, token or shell.config.token)
    is_first = not shell.config.session_path().exists()
    days = certificate.days_left(datetime.now(UTC))
    if days < RENEWAL_WARNING_DAYS:
        shell.say(f"注意：数字证书还有 {max(days, 0)} 天到期，请及时办理延期。")
    started_at = datetime.now(UTC)
    key = PluggedKey(keys, certificate, pin=read_pin(shell, pin_file))
    pending = shell.hall().start_login(key)
    session = pending.confirm(
        code or _code(shell, pending.code_sent, from_outbox=code_from_outbox, since=started_at)
    )
    show_session(shell, session)
    if is_first:
        shell.say(FIRST_LOGIN_HINT)


@command("logout")
@pass_shell
def logout(shell: Shell) -> None:
    """退出登录。"""
    try:
        shell.hall().logout()
    except LoginRequired:
        shell.say("当前没有登录。")
        return
    shell.say(f"已退出登录。{KEY_CARE_HINT}")


@command("session")
@json_option
@pass_shell
def session(shell: Shell) -> None:
    """查看当前登录的单位和有效期。"""
    show_session(shell, shell.hall().ask_session())


def show_session(shell: Shell, session: Session) -> None:
    """The session for people, or as JSON; never with its tokens."""
    public = Session()
    public.CopyFrom(session)
    public.ClearField("access_token")
    public.ClearField("refresh_token")
    shell.show(
        GetSessionResponse(session=public),
        lambda: facts(
            "已登录",
            [
                ("单位账号", session.employer_no),
                ("单位名称", session.employer_name),
                ("复核人" if session.role == KEY_ROLE_APPROVER else "经办人", session.agent_name),
                ("业务提交", _needs(session)),
                ("最长有效至", local_time(session.ends_at.ToDatetime(tzinfo=UTC))),
                ("证书到期", local_time(session.certificate_not_after.ToDatetime(tzinfo=UTC))),
            ],
        ),
    )


def _needs(session: Session) -> str:
    """What the employer's submissions need."""
    needs = [
        *(["须签名"] if session.signature_required else []),
        *(["须复核"] if session.approval_required else []),
    ]
    return "、".join(needs) or "直接办理"


def chosen_certificate(shell: Shell, label: str) -> tuple[UsbKeys, KeyCertificate]:
    """The certificate to log in with; asks nobody when there is only one. Raises InputError, UsbKeyError."""
    keys = shell.usb_keys()
    found = keys.certificates(label or None)
    if not found:
        raise InputError("USBKEY 中没有数字证书，请先安装证书")
    labels = sorted({each.token for each in found})
    if len(labels) > 1:
        raise InputError(f"检测到多个 USBKEY：{'、'.join(labels)}，请用 --token 指定一个")
    # After a renewal both the old and the new certificate may be on the key: the longest one.
    return keys, max(found, key=lambda each: each.not_after)


def read_pin(shell: Shell, pin_file: TextIO | None) -> str:
    """The PIN from a file, from the one that is set up, or typed in; a script must name a file."""
    if pin_file is not None:
        return pin_file.readline().rstrip("\r\n")
    if shell.config.pin_file:
        path = Path(shell.config.pin_file).expanduser()
        try:
            return path.read_text(encoding="utf-8").splitlines()[0]
        except (OSError, IndexError) as error:
            raise InputError(f"无法从 {path} 读取数字证书密码") from error
    if not sys.stdin.isatty():
        raise click.UsageError("非交互方式请用 --pin-file 提供数字证书密码")
    return str(click.prompt("数字证书密码", hide_input=True, err=True))


def _code(shell: Shell, sent: CodeSent, *, from_outbox: bool, since: datetime) -> str:
    if from_outbox:
        if not shell.config.sms_outbox:
            raise InputError("未设置本地短信箱（HPF_SMS_OUTBOX）")
        return newest_code(Path(shell.config.sms_outbox), since=since)
    return str(click.prompt(f"验证码已发送至 {sent.masked_mobile}，请输入", err=True))


def local_time(moment: datetime) -> str:
    """Of the hall, for people: 2026-11-23 17:05."""
    return f"{moment.astimezone(CHINA):%Y-%m-%d %H:%M}"
