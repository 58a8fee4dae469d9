"""`hpf admin audit`: whether the trail of logins and bindings is whole."""

from __future__ import annotations

import click

from client.cli import tables
from client.cli.chinese import group
from client.cli.shell import Shell, json_option, pass_shell


@group("audit", examples=("hpf admin audit verify",))
def audit() -> None:
    """操作审计记录。"""


@audit.command("verify")
@json_option
@pass_shell
def verify(shell: Shell) -> None:
    """核对审计记录是否被改动过（逐条核对哈希链）；被改动时退出码为 1。"""
    with shell.waiting("正在核对…"):
        reply = shell.staff().verify_audit_trail()
    verdict = "完整，未被改动"
    if reply.first_broken:
        verdict = f"第 {reply.first_broken} 条起与哈希链不符"
    shell.show(
        reply,
        tables.facts(
            "审计记录", [("核对无误的条数", str(reply.intact_entries)), ("结论", verdict)]
        ),
    )
    if reply.first_broken:
        raise click.exceptions.Exit(1)
