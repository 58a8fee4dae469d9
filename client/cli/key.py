"""`hpf key`: what is on the USB key, its PIN, its renewal, its loss (manual 二, 九, 十)."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from typing import BinaryIO

import click

from client.calls import all_pages
from client.cli.chinese import group
from client.cli.screen import print_whole
from client.cli.session import RENEWAL_WARNING_DAYS, chosen_certificate
from client.cli.shell import Shell, json_option, pass_shell, yes_option
from client.cli.tables import bindings_table, table
from client.errors import InputError
from client.usbkey import TokenFacts
from services.kit.clock import CHINA


@group(
    "key",
    examples=(
        "hpf key list                     插着的 USBKEY、证书、剩余天数",
        "hpf key pin                      修改数字证书密码",
        "hpf key request 延期.p10         证书到期前生成延期申请",
        "hpf key lost --serial 5f2a       挂失本单位的一个证书",
    ),
)
def key() -> None:
    """USBKEY 和数字证书。"""


@key.command("list")
@json_option
@pass_shell
def list_keys(shell: Shell) -> None:
    """列出 USBKEY 中的证书和剩余天数。"""
    now = datetime.now(UTC)
    keys = shell.usb_keys()
    found = keys.certificates()
    states = {each.label: _pin_state(each) for each in keys.tokens()}
    if shell.as_json:
        shell.show_json(
            [
                {
                    "token": each.token,
                    "subject": each.subject,
                    "issuer": each.issuer,
                    "serial": each.serial_number,
                    "not_before": each.not_before.isoformat(),
                    "not_after": each.not_after.isoformat(),
                    "days_left": each.days_left(now),
                    "pin": states.get(each.token, "ok"),
                }
                for each in found
            ]
        )
        return
    picture = table(
        "数字证书", "USBKEY", "持有人", "序列号", "到期", "剩余天数", "提示", right=("剩余天数",)
    )
    for each in found:
        until = f"{each.not_after.astimezone(CHINA):%Y-%m-%d}"
        days = each.days_left(now)
        hint = _hint(days, states.get(each.token, "ok"))
        picture.add_row(each.token, each.subject, each.serial_number, until, str(days), hint)
    shell.draw(picture)


@key.command("pin")
@click.option("--token", metavar="名称", help="USBKEY 名称")
@pass_shell
def change_pin(shell: Shell, token: str | None) -> None:
    """修改数字证书密码。"""
    keys, certificate = chosen_certificate(shell, token or shell.config.token)
    old = click.prompt("原密码", hide_input=True, err=True)
    new = click.prompt("新密码", hide_input=True, confirmation_prompt="再输入一次", err=True)
    if new == old:
        raise InputError("新密码与原密码相同")
    keys.change_pin(certificate.token, old=old, new=new)
    shell.say("数字证书密码已修改。")


@key.command("export")
@click.argument("file", type=click.File("wb"), metavar="文件")
@click.option("--token", metavar="名称", help="USBKEY 名称")
@pass_shell
def export_certificate(shell: Shell, file: BinaryIO, token: str | None) -> None:
    """把证书（不含私钥）写入文件，交管理中心绑定。"""
    _, certificate = chosen_certificate(shell, token or shell.config.token)
    file.write(certificate.der)
    shell.say(f"证书 {certificate.serial_number} 已写入 {file.name}。")


@key.command("request")
@click.argument("file", type=click.File("wb"), metavar="文件")
@click.option("--token", metavar="名称", help="USBKEY 名称")
@pass_shell
def renewal_request(shell: Shell, file: BinaryIO, token: str | None) -> None:
    """生成证书延期申请（PKCS#10），交发证机构办理延期。"""
    keys, certificate = chosen_certificate(shell, token or shell.config.token)
    pin = click.prompt("数字证书密码", hide_input=True, err=True)
    request = keys.renewal_request(certificate.token, pin=pin, key_id=certificate.key_id)
    file.write(request)
    shell.say(f"延期申请已写入 {file.name}。")


@key.command("lost", examples=("hpf key lost --serial 5f2a",))
@click.option("--serial", metavar="序列号", help="证书序列号；只有一个证书时可以不填")
@yes_option
@json_option
@pass_shell
def report_loss(shell: Shell, serial: str | None, yes: bool) -> None:
    """挂失本单位的证书：立即停用，用它登录的会话全部结束，不能恢复。"""
    hall = shell.hall()
    pages = all_pages(lambda token: hall.own_bindings(page_token=token))
    valid = [each for page in pages for each in page.bindings if not each.ended_on]
    chosen = [each for each in valid if not serial or each.serial == serial.lower().lstrip("0")]
    if len(chosen) != 1:
        print_whole(shell.err, bindings_table(valid))
        raise InputError("请用 --serial 指定上列证书中的一个")
    [binding] = chosen
    shell.confirm(f"挂失证书 {binding.serial}？挂失后不能恢复", yes=yes)
    reply = hall.report_own_loss(binding.issuer, binding.serial)
    shell.show(reply, bindings_table([reply.binding]), f"已结束 {reply.ended_sessions} 个会话。")


@key.command("check", context_settings={"ignore_unknown_options": True}, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def check_certificate(arguments: tuple[str, ...]) -> None:
    """核对证书文件是否可用于登录：hpf key check 证书 --trust 目录 [--crl 目录] [--at 时刻] [--json]。"""
    # The check is the hall's own code, which a client shares nothing with: a program of its own.
    command = [sys.executable, "-m", "services.auth.certificates", *arguments]
    raise SystemExit(subprocess.run(command, check=False).returncode)


def _pin_state(token: TokenFacts) -> str:
    """What the token's own counter says of wrong PINs."""
    if token.pin_locked:
        return "locked"
    return "low" if token.pin_low else "ok"


def _hint(days_left: int, pin: str) -> str:
    if days_left < 0:
        return "已过期，请到发证机构办理"
    if pin == "locked":
        return "密码已锁定，请到发证机构解锁"
    if pin == "low":
        return "密码曾输错，再错可能锁定"
    return "请及时办理延期" if days_left < RENEWAL_WARNING_DAYS else ""
