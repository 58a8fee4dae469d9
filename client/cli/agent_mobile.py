"""`hpf profile confirm-mobile`: the code that went to the agent's old number (manual 五, 5)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from client.cli.chinese import command
from client.cli.shell import Shell, pass_shell
from client.errors import InputError
from client.sms_outbox import newest_code

#: A code is good for five minutes; an older message is of something else.
_CODE_LIFE = timedelta(minutes=5)


@command(
    "confirm-mobile",
    examples=(
        "hpf profile change agent_mobile=13900005678",
        "hpf profile confirm-mobile             输入原号码收到的验证码",
        "hpf profile confirm-mobile --resend    重新获取验证码后输入",
    ),
)
@click.option("--code", metavar="验证码", help="短信验证码；不填则提示输入")
@click.option("--resend", is_flag=True, help="先重新发送验证码，之前的作废")
@click.option("--code-from-outbox", is_flag=True, help="从本地短信箱取验证码（仅限本机环境）")
@pass_shell
def confirm_mobile(shell: Shell, code: str | None, resend: bool, code_from_outbox: bool) -> None:
    """用原手机号收到的验证码确认新的经办人手机号。"""
    hall = shell.hall()
    since = datetime.now(UTC) - _CODE_LIFE
    if resend:
        since = datetime.now(UTC)
        shell.say(f"验证码已发送至 {hall.resend_mobile_change_code().masked_mobile}。")
    if code is None and code_from_outbox:
        code = _from_outbox(shell, since=since)
    change_no = hall.confirm_mobile_change(
        code or str(click.prompt("原手机号收到的验证码", err=True))
    )
    shell.say(f"新手机号已生效（登记号 {change_no}），下次登录的验证码将发送至新手机号。")


def _from_outbox(shell: Shell, *, since: datetime) -> str:
    if not shell.config.sms_outbox:
        raise InputError("未设置本地短信箱（HPF_SMS_OUTBOX）")
    return newest_code(Path(shell.config.sms_outbox), since=since)
