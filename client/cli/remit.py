"""`hpf remit`, `suspense`, `business`: paying the due months from suspense (manual §6.1)."""

from __future__ import annotations

import click
from hpf.common.v1.business_pb2 import BUSINESS_STATE_PENDING, GetBusinessResponse
from hpf.deposit.v1.deposit_service_pb2 import GetSuspenseResponse, SubmitRemittanceResponse

from client.cli import tables
from client.cli.chinese import command, group
from client.cli.parameters import Month
from client.cli.shell import Shell, json_option, pass_shell, yes_option
from services.kit.months import YearMonth


@group("remit", examples=("hpf remit preview --to 202611", "hpf remit submit --to 202611"))
def remit() -> None:
    """汇缴：按月为全部正常职工缴存。"""


@remit.command("preview")
@click.option("--to", "to_month", type=Month(), metavar="YYYYMM", help="终止年月，默认当前月")
@json_option
@pass_shell
def preview(shell: Shell, to_month: YearMonth | None) -> None:
    """试算：逐月显示人数和应缴金额。"""
    hall = shell.hall()
    reply = hall.preview_remittance(to_month.to_int() if to_month else 0)
    shell.show(reply, tables.preview_table(reply))
    if not shell.as_json:
        available = hall.suspense_fen()
        shell.out.print(f"暂存款可用余额：{tables.yuan(available)}")
        if available < reply.amount_fen:
            missing = tables.yuan(reply.amount_fen - available)
            shell.say(f"余额不足，还差 {missing} 元，缴款到账后方可汇缴。")


@remit.command("submit")
@click.option("--to", "to_month", type=Month(), required=True, metavar="YYYYMM", help="终止年月")
@yes_option
@json_option
@pass_shell
def submit(shell: Shell, to_month: YearMonth, yes: bool) -> None:
    """提交汇缴，款项从暂存款转出。"""
    hall = shell.hall()
    if not yes:
        due = hall.preview_remittance(to_month.to_int())
        shell.draw(tables.preview_table(due))
        span = tables.months(due.from_month, due.to_month)
        shell.confirm(f"汇缴 {span}，共 {tables.yuan(due.amount_fen)} 元，确认提交？", yes=yes)
    with shell.waiting("正在办理汇缴…"):
        business = hall.outcome(hall.submit_remittance(to_month.to_int()))
    shell.show(SubmitRemittanceResponse(business=business), tables.business_facts(business))
    if business.state == BUSINESS_STATE_PENDING:
        shell.say(f"业务仍在办理，稍后查询：hpf business {business.registration_no}")
    else:
        shell.say(f"打印回单：hpf receipt download {business.registration_no}")


@command("suspense")
@json_option
@pass_shell
def suspense(shell: Shell) -> None:
    """暂存款可用余额。"""
    fen = shell.hall().suspense_fen()
    shell.show(GetSuspenseResponse(available_fen=fen), f"暂存款可用余额：{tables.yuan(fen)} 元")


@command("business", examples=("hpf business 202611230000017",))
@click.argument("registration_no", metavar="登记号")
@json_option
@pass_shell
def business(shell: Shell, registration_no: str) -> None:
    """按登记号查询一笔业务的办理状态。"""
    found = shell.hall().business(registration_no)
    shell.show(GetBusinessResponse(business=found), tables.business_facts(found))
