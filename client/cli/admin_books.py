"""`hpf admin books`: the centre's check of its own books."""

from __future__ import annotations

import click
from hpf.deposit.v1 import deposit_service_pb2 as deposit
from rich.table import Table

from client.cli.chinese import group
from client.cli.shell import Shell, json_option, pass_shell
from client.cli.tables import table, yuan


@group("books")
def books() -> None:
    """账务。"""


@books.command("check")
@json_option
@pass_shell
def check(shell: Shell) -> None:
    """核对账务：总账与明细、余额与发生额是否一致；不一致时退出码为 1。"""
    with shell.waiting("正在核对…"):
        reply = shell.staff().check_books()
    counts = f"账户 {reply.accounts}，明细 {reply.ledger_lines}，凭证 {reply.journal_entries}"
    verdict = "账务相符。" if reply.clean else "账务不符！"
    shell.show(reply, *books_tables(reply), f"{counts}  {verdict}")
    if not reply.clean:
        raise click.exceptions.Exit(1)


def books_tables(reply: deposit.CheckBooksResponse) -> list[Table]:
    """Trial balance, and what is broken if anything is."""
    balance = table("试算平衡", "科目", "名称", "借方", "贷方", right=("借方", "贷方"))
    for line in reply.trial_balance:
        balance.add_row(
            line.account_code, line.title_zh, yuan(line.debit_fen), yuan(line.credit_fen)
        )
    if reply.clean:
        return [balance]
    broken = table("不平项目", "规则", "对象", "应为", "实为", right=("应为", "实为"))
    for finding in reply.findings:
        shown = str if finding.is_number else yuan
        broken.add_row(
            finding.invariant_zh or finding.invariant,
            finding.subject,
            shown(finding.expected_fen),
            shown(finding.found_fen),
        )
    return [balance, broken]
