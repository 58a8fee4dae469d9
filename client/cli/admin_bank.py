"""`hpf admin payment|unallocated|reconcile`: money that the bank reports, finds no employer for, or lists by the day."""

from __future__ import annotations

from pathlib import Path

import click
from hpf.deposit.v1 import deposit_service_pb2 as deposit
from rich.table import Table
from rich.text import Text

from client.cli import tables
from client.cli.chinese import command, group
from client.cli.parameters import Day, Yuan
from client.cli.shell import Shell, json_option, pass_shell, yes_option
from client.errors import InputError

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)

_FORMATS = {
    ".csv": deposit.BANK_FILE_FORMAT_CSV,
    ".xml": deposit.BANK_FILE_FORMAT_CAMT_053,
}

_DIFFERENCE = {
    deposit.BANK_DIFFERENCE_KIND_NOT_IN_BOOKS: "银行有，账上没有",
    deposit.BANK_DIFFERENCE_KIND_NOT_AT_BANK: "账上有，银行没有",
    deposit.BANK_DIFFERENCE_KIND_AMOUNT: "金额不同",
    deposit.BANK_DIFFERENCE_KIND_REPEATED: "银行文件中重复",
    deposit.BANK_DIFFERENCE_KIND_PENDING: "账上有，银行尚未入账",
    deposit.BANK_DIFFERENCE_KIND_TAKEN_BACK: "银行已冲回，账上没有或金额不同",
    deposit.BANK_DIFFERENCE_KIND_NOT_TAKEN_BACK: "账上已退回，银行没有",
}

#: Why a payment waits; any other reason is shown by its code.
_WAITS = {
    "EMPLOYER_UNKNOWN": "没有该单位",
    "EMPLOYER_CLOSED": "单位已注销",
    "TAKEN_BACK": "已冲正，待重新分配",
}


@group("payment")
def payment() -> None:
    """单位来款。"""


@payment.command(
    "record",
    examples=(
        "hpf admin payment record 10700000010 --amount 322421.22 --reference BK20261123001 "
        "--date 2026-11-23",
        "hpf admin payment record 10700000010 --amount 322421.22 --reference BK20261123001 "
        "--date 2026-11-23 --replaces 202611230000017",
    ),
)
@click.argument("employer_no", metavar="单位账号")
@click.option("--amount", "amount_fen", required=True, type=Yuan(), metavar="元", help="金额")
@click.option("--reference", required=True, metavar="流水号", help="银行流水号，同一流水号只记一次")
@click.option("--date", "value_date", required=True, type=Day(), metavar="日期", help="到账日期")
@click.option("--payer", default="", metavar="名称", help="付款人")
@click.option(
    "--replaces", default="", metavar="登记号", help="重新登记：同一流水号下已冲正的那笔来款"
)
@json_option
@pass_shell
def record(
    shell: Shell,
    employer_no: str,
    amount_fen: int,
    reference: str,
    value_date: str,
    payer: str,
    replaces: str,
) -> None:
    """登记银行来款，记入单位暂存款；该流水号的来款已冲正时不再入账，退出码为 1。"""
    reply = shell.staff().record_payment(
        deposit.RecordBankPaymentRequest(
            employer_no=employer_no,
            bank_reference=reference,
            amount_fen=amount_fen,
            value_date=value_date,
            payer_name=payer,
            replaces_registration_no=replaces,
        )
    )
    shell.show(reply, tables.business_facts(reply.business))
    if reply.reversed_by_registration_no:
        shell.say(
            f"这笔来款已冲正（登记号 {reply.reversed_by_registration_no}），本次未入账；确应入账的，"
            f"加 --replaces {reply.business.registration_no}"
        )
        raise click.exceptions.Exit(1)


@group("unallocated", examples=("hpf admin unallocated allocate BK20261123001 10700000010",))
def unallocated() -> None:
    """待分配来款：银行来款没有找到单位。"""


@unallocated.command("list")
@click.option("--page-token", default="", metavar="标记", help="从哪一页开始")
@json_option
@pass_shell
def list_unallocated(shell: Shell, page_token: str) -> None:
    """列出待分配来款，最早的在前。"""
    reply = shell.staff().unallocated_payments(page_token=page_token)
    total = f"待分配金额合计：{tables.yuan(reply.total_fen)} 元"
    shell.show(reply, _payments_table(reply), total)
    if reply.next_page_token:
        shell.say(f"下一页：hpf admin unallocated list --page-token {reply.next_page_token}")


@unallocated.command("allocate")
@click.argument("bank_reference", metavar="银行流水号")
@click.argument("employer_no", metavar="单位账号")
@yes_option
@json_option
@pass_shell
def allocate(shell: Shell, bank_reference: str, employer_no: str, yes: bool) -> None:
    """把一笔来款记入单位暂存款。"""
    shell.confirm(f"把来款 {bank_reference} 记入单位 {employer_no}？", yes=yes)
    reply = shell.staff().allocate_payment(bank_reference, employer_no)
    shell.show(reply, tables.business_facts(reply.business))


@command("reconcile", examples=("hpf admin reconcile 20261123.csv --date 2026-11-23",))
@click.argument("file", type=_FILE, metavar="文件")
@click.option("--date", "value_date", required=True, type=Day(), metavar="日期", help="到账日期")
@json_option
@pass_shell
def reconcile(shell: Shell, file: Path, value_date: str) -> None:
    """银行对账：与银行当日文件（.csv，或 camt.053 的 .xml）逐笔核对；不符时退出码为 1。"""
    known = _FORMATS.get(file.suffix.lower())
    if known is None:
        raise InputError(f"对账文件应为 .csv 或 .xml，不是 {file.name}")
    request = deposit.ReconcileBankRequest(
        value_date=value_date, format=known, content=file.read_bytes()
    )
    with shell.waiting("正在核对…"):
        reply = shell.staff().reconcile_bank(request)
    verdict = "相符。" if reply.agrees else f"不符，{reply.difference_count} 处！"
    counts = (
        f"银行 {reply.bank_entries} 笔 {tables.yuan(reply.bank_total_fen)} 元，"
        f"账上 {reply.book_entries} 笔 {tables.yuan(reply.book_total_fen)} 元，{verdict}"
    )
    pictures = [] if reply.agrees else [_differences_table(reply)]
    shell.show(reply, *pictures, counts)
    if not reply.agrees:
        raise click.exceptions.Exit(1)


def _payments_table(reply: deposit.ListUnallocatedPaymentsResponse) -> Table:
    found = tables.table(
        "待分配来款", "到账日期", "银行流水号", "金额", "所写单位账号", "付款人", "原因", "登记号",
        right=("金额",),
    )  # fmt: skip
    for each in reply.payments:
        found.add_row(
            each.value_date,
            Text(each.bank_reference),
            tables.yuan(each.amount_fen),
            Text(each.stated_employer_no),
            Text(each.payer_name),
            _WAITS.get(each.reason, each.reason),
            each.registration_no,
        )
    return found


def _differences_table(reply: deposit.ReconcileBankResponse) -> Table:
    found = tables.table(
        "对账差异", "银行流水号", "差异", "银行金额", "账上金额", "文件行",
        right=("银行金额", "账上金额", "文件行"),
    )  # fmt: skip
    for each in reply.differences:
        found.add_row(
            Text(each.bank_reference),
            _DIFFERENCE.get(each.kind, "其他"),
            tables.yuan(each.bank_fen) if each.bank_fen else "-",
            tables.yuan(each.books_fen) if each.books_fen else "-",
            str(each.file_row or "-"),
        )
    return found
