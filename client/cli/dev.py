"""`hpf dev`: conveniences of a local installation."""

from __future__ import annotations

from pathlib import Path

import click

from client import sms_outbox
from client.cli.chinese import group
from client.cli.shell import Shell, json_option, pass_shell
from client.cli.tables import table
from client.errors import InputError
from services.kit.clock import CHINA


@group("dev")
def dev() -> None:
    """本机环境的辅助命令。"""


@dev.command("sms")
@click.option("--last", is_flag=True, help="只看最后一条的内容")
@json_option
@pass_shell
def sms(shell: Shell, last: bool) -> None:
    """查看本地短信箱（代替手机收验证码）。"""
    if not shell.config.sms_outbox:
        raise InputError("未设置本地短信箱（HPF_SMS_OUTBOX）")
    found = sms_outbox.messages(Path(shell.config.sms_outbox))
    found = found[-1:] if last else found
    if shell.as_json:
        shell.show_json(
            [
                {"sent_at": each.sent_at.isoformat(), "mobile": each.mobile, "text": each.text}
                for each in found
            ]
        )
    elif last:
        click.echo("\n".join(each.text for each in found))
    else:
        picture = table("短信", "时间", "手机号码", "内容")
        for each in found:
            moment = f"{each.sent_at.astimezone(CHINA):%Y-%m-%d %H:%M:%S}"
            picture.add_row(moment, each.mobile, each.text)
        shell.draw(picture)
