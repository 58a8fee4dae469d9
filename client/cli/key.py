"""`hpf key`: what is on the USB key, its PIN (manual 九, 十)."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from typing import BinaryIO

import click

from client.cli.chinese import group
from client.cli.session import chosen_certificate
from client.cli.shell import Shell, json_option, pass_shell
from client.cli.tables import table
from services.kit.clock import CHINA


@group("key", examples=("hpf key list", "hpf key pin"))
def key() -> None:
    """USBKEY 和数字证书。"""


@key.command("list")
@json_option
@pass_shell
def list_keys(shell: Shell) -> None:
    """列出 USBKEY 中的证书和剩余天数。"""
    now = datetime.now(UTC)
    found = shell.usb_keys().certificates()
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
                }
                for each in found
            ]
        )
        return
    picture = table(
        "数字证书", "USBKEY", "持有人", "序列号", "到期", "剩余天数", right=("剩余天数",)
    )
    for each in found:
        until = f"{each.not_after.astimezone(CHINA):%Y-%m-%d}"
        picture.add_row(
            each.token, each.subject, each.serial_number, until, str(each.days_left(now))
        )
    shell.out.print(picture)


@key.command("pin")
@click.option("--token", metavar="名称", help="USBKEY 名称")
@pass_shell
def change_pin(shell: Shell, token: str | None) -> None:
    """修改数字证书密码。"""
    keys, certificate = chosen_certificate(shell, token or shell.config.token)
    old = click.prompt("原密码", hide_input=True, err=True)
    new = click.prompt("新密码", hide_input=True, confirmation_prompt="再输入一次", err=True)
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


@key.command("check", context_settings={"ignore_unknown_options": True}, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def check_certificate(arguments: tuple[str, ...]) -> None:
    """核对证书文件是否可用于登录：hpf key check 证书 --trust 目录 [--crl 目录] [--at 时刻] [--json]。"""
    # The check is the hall's own code, which a client shares nothing with: a program of its own.
    command = [sys.executable, "-m", "services.auth.certificates", *arguments]
    raise SystemExit(subprocess.run(command, check=False).returncode)
