"""`hpf remit`, `suspense`, `business`: paying the due months from suspense (manual §6.1)."""

from __future__ import annotations

import json

import click
from hpf.common.v1.business_pb2 import (
    BUSINESS_STATE_PENDING,
    Business,
    GetBusinessResponse,
    WatchBusinessResponse,
)
from hpf.deposit.v1.deposit_service_pb2 import GetSuspenseResponse, SubmitRemittanceResponse

from client import titles
from client.cli import tables
from client.cli.chinese import command, group
from client.cli.parameters import Month, Yuan
from client.cli.shell import Shell, as_json, json_option, pass_shell, yes_option
from client.cli.signing import hall_to_submit, sign_options, tell_waiting
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
@click.option("--amount", type=Yuan(), metavar="元", help="先前试算的应缴金额，不一致则不办理")
@yes_option
@sign_options
@json_option
@pass_shell
def submit(shell: Shell, to_month: YearMonth, amount: int | None, yes: bool) -> None:
    """提交汇缴，款项从暂存款转出；提交后应缴金额或人数有变化的，不予办理。"""
    hall = hall_to_submit(shell)
    due = hall.preview_remittance(to_month.to_int())
    if not yes:
        shell.draw(tables.preview_table(due))
    if amount is not None:
        due.amount_fen = amount
    if not yes:
        span = tables.months(due.from_month, due.to_month)
        shell.confirm(f"汇缴 {span}，共 {tables.yuan(due.amount_fen)} 元，确认提交？", yes=yes)
    with shell.waiting("正在办理汇缴…"):
        business = hall.outcome(hall.submit_remittance(due.to_month, due=due))
    shell.show(SubmitRemittanceResponse(business=business), tables.business_facts(business))
    if tell_waiting(shell, business):
        return
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


@command("business", examples=("hpf business 2026112320000017", "hpf business 登记号 --watch"))
@click.argument("registration_no", metavar="登记号")
@click.option("--watch", is_flag=True, help="跟踪办理进度，直到办结")
@json_option
@pass_shell
def business(shell: Shell, registration_no: str, watch: bool) -> None:
    """按登记号查询一笔业务的办理状态。

    与 --json 同用 --watch 时，每次变化输出一行 JSON。
    """
    if watch and shell.as_json:
        shell.hall().watch_business(registration_no, _print_line)
        return
    found = _watched(shell, registration_no) if watch else shell.hall().business(registration_no)
    shell.show(GetBusinessResponse(business=found), tables.business_facts(found))


def _watched(shell: Shell, registration_no: str) -> Business:
    """Follow a business to its end, on a bar and line by line."""
    with shell.watching("办理进度") as bar:

        def seen(state: WatchBusinessResponse) -> None:
            done, steps = state.progress.steps_done, state.progress.steps
            bar(done, steps)
            doing = state.progress.doing_zh or titles.BUSINESS_STATE.get(
                state.business.state, "未知"
            )
            shell.say(f"{done}/{steps} {doing}")

        return shell.hall().watch_business(registration_no, seen)


def _print_line(state: WatchBusinessResponse) -> None:
    click.echo(json.dumps(as_json(state), ensure_ascii=False))
