"""`hpf admin interest`: 年度结息 of everyone (manual §4.4), as a trial or posted, followed while it runs.

The work is done by the hall; a command that was broken off, or a second one, goes on following the same run.
"""

from __future__ import annotations

import time

import click
from hpf.deposit.v1 import deposit_service_pb2 as deposit
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

from client.cli import tables
from client.cli.chinese import group
from client.cli.parameters import Day
from client.cli.screen import china_time
from client.cli.shell import Shell, json_option, pass_shell, yes_option
from services.kit.money import parse_yuan

#: A city's year takes seconds; nobody wants to see more than this a second.
FOLLOW_POLL_S = 0.5

_YEAR = click.IntRange(1992, 2099)
_RUN_NO = click.argument("run_no", type=click.IntRange(min=0), default=0, metavar="[批次]")


_WHAT_TO_DO = (
    "用 hpf admin interest shares 查看是哪些单位，用 hpf admin books check 查看是哪些账户；"
    "查明原因后执行 hpf admin interest recount 单位账号，再次试算，无误后入账。"
)


class Percent(click.ParamType[int]):
    """A yearly rate in percent with two decimals, as basis points."""

    name = "百分数"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        try:
            # Two decimals and no float: the same reading as yuan and fen.
            return parse_yuan(str(value).removesuffix("%"))
        except ValueError:
            self.fail(f"“{value}”不是利率，利率写作 1.50", param, ctx)


@group(
    "interest",
    invoke_without_command=True,
    subcommand_metavar="[命令 …]",
    examples=(
        "hpf admin interest --year 2026 --trial    试算，不入账",
        "hpf admin interest --year 2026 --post     入账，须先试算无误；中断后再执行一次即可继续查看",
        "hpf admin interest shares",
    ),
)
@click.option("--year", type=_YEAR, metavar="年份", help="结息年度，即 6 月 30 日所在的年份")
@click.option("--trial/--post", default=None, help="试算 / 入账")
@yes_option
@json_option
@pass_shell
@click.pass_context
def interest(
    context: click.Context, shell: Shell, year: int | None, trial: bool | None, yes: bool
) -> None:
    """年度结息：为全部个人账户结息，先试算，再入账。"""
    if context.invoked_subcommand is not None:
        return
    if year is None or trial is None:
        raise click.UsageError("请写明 --year 年份，以及 --trial（试算）或 --post（入账）")
    if not trial:
        shell.confirm(f"为全部账户登记 {year} 年度利息？入账后不可撤销", yes=yes)
    request = deposit.StartInterestRunRequest(fund_year=year, trial=trial)
    _show(shell, _followed(shell, shell.staff().start_interest_run(request)))


@interest.command("show")
@_RUN_NO
@json_option
@pass_shell
def show(shell: Shell, run_no: int) -> None:
    """查看一次结息，默认最近一次；仍在进行时等到结束。"""
    _show(shell, _followed(shell, shell.staff().interest_run(run_no)))


@interest.command("shares")
@_RUN_NO
@click.option("--page-token", default="", metavar="标记", help="从哪一页开始")
@json_option
@pass_shell
def shares(shell: Shell, run_no: int, page_token: str) -> None:
    """各单位的利息。"""
    reply = shell.staff().interest_shares(run_no, page_token=page_token)
    columns = ("账户数", "计息积数（元·日）", "利息", "积数不符")
    picture = tables.table("各单位利息", "单位账号", *columns, "登记号", right=columns)
    for each in reply.shares:
        picture.add_row(
            each.employer_no,
            str(each.accounts),
            f"{each.product_yuan_days:,}",
            tables.yuan(each.amount_fen),
            str(each.mismatches),
            each.registration_no or "（未入账）",
        )
    shell.show(reply, picture)
    _tell_next(shell, "shares", reply.next_page_token)


@interest.command("accounts", examples=("hpf admin interest accounts 10700000010 --year 2026",))
@click.argument("employer_no", metavar="单位账号")
@click.option("--year", required=True, type=_YEAR, metavar="年份", help="结息年度")
@click.option("--account", "account_no", default="", metavar="个人账号", help="只看一个账户")
@click.option("--page-token", default="", metavar="标记", help="从哪一页开始")
@json_option
@pass_shell
def accounts(shell: Shell, employer_no: str, year: int, account_no: str, page_token: str) -> None:
    """一个单位各账户的利息：已入账的，或入账时将得的。"""
    reply = shell.staff().account_interest(
        deposit.ListAccountInterestRequest(
            fund_year=year, employer_no=employer_no, account_no=account_no, page_token=page_token
        )
    )
    columns = ("计息积数（元·日）", "利息", "结息前余额", "结息后余额")
    picture = tables.table("各账户利息", "个人账号", *columns, "入账", right=columns)
    for each in reply.accounts:
        picture.add_row(
            each.account_no,
            f"{each.product_yuan_days:,}" if not each.posted else "-",
            tables.yuan(each.amount_fen),
            tables.yuan(each.balance_before_fen),
            tables.yuan(each.balance_after_fen),
            "是" if each.posted else "否",
        )
    shell.show(reply, picture)
    _tell_next(shell, "accounts", reply.next_page_token)


@interest.command("recount", examples=("hpf admin interest recount 10700000010",))
@click.argument("employer_no", metavar="单位账号")
@yes_option
@json_option
@pass_shell
def recount(shell: Shell, employer_no: str, yes: bool) -> None:
    """试算发现积数与明细不符的单位：按明细账重计积数，之后须再次试算。"""
    shell.confirm(f"按明细账重计单位 {employer_no} 各账户的计息积数？", yes=yes)
    reply = shell.staff().recount_products(employer_no)
    again = "仍有账户未重计，请再执行一次。" if reply.more else "请再次试算。"
    shell.show(reply, f"已重计 {reply.accounts} 个账户的积数。{again}")


@group("interest-rate", examples=("hpf admin interest-rate set 1.50 --from 2027-06-30",))
def interest_rate() -> None:
    """结息年利率，按生效日期。"""


@interest_rate.command("list")
@json_option
@pass_shell
def list_rates(shell: Shell) -> None:
    """列出全部利率，最近的在前。"""
    reply = shell.staff().interest_rates()
    picture = tables.table("年利率", "生效日期", "年利率", "登记人", right=("年利率",))
    for each in reply.rates:
        picture.add_row(each.valid_from, _percent(each.rate_bp), each.set_by)
    shell.show(reply, picture)


@interest_rate.command("set")
@click.argument("rate_bp", type=Percent(), metavar="百分数")
@click.option("--from", "valid_from", required=True, type=Day(), metavar="日期", help="生效日期")
@yes_option
@json_option
@pass_shell
def set_rate(shell: Shell, rate_bp: int, valid_from: str, yes: bool) -> None:
    """登记自某日起的年利率。"""
    shell.confirm(f"自 {valid_from} 起年利率为 {_percent(rate_bp)}？", yes=yes)
    rate = shell.staff().set_interest_rate(valid_from, rate_bp=rate_bp)
    reply = deposit.SetInterestRateResponse(rate=rate)
    shell.show(reply, f"已登记，自 {rate.valid_from} 起年利率 {_percent(rate.rate_bp)}。")


# ---------------------------------------------------------------- shared


def _followed(shell: Shell, run: deposit.InterestRun) -> deposit.InterestRun:
    """The run when it is finished; a bar for who watches."""
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        console=shell.err,
        transient=True,
        disable=shell.as_json or not shell.err.is_terminal,
    ) as bar:
        task = bar.add_task("正在结息（单位）", total=run.employers)
        while not run.finished:
            bar.update(task, completed=run.employers_done)
            time.sleep(FOLLOW_POLL_S)
            run = shell.staff().interest_run(run.run_no)
    return run


def _show(shell: Shell, run: deposit.InterestRun) -> None:
    """What it came to; exit code 1 when accounts do not agree with their ledgers."""
    pairs = [
        ("批次", f"{run.run_no}（{'试算，未入账' if run.trial else '入账'}）"),
        ("结息年度", str(run.fund_year)),
        ("年利率", _percent(run.rate_bp)),
        ("单位", str(run.employers)),
        ("账户", f"{run.accounts:,}"),
        ("计息积数（元·日）", f"{run.product_yuan_days:,}"),
        ("利息合计（元）", tables.yuan(run.amount_fen)),
        ("开始", china_time(run.started_at)),
        ("结束", china_time(run.finished_at)),
        ("积数与明细不符", f"{run.mismatches} 个账户"),
    ]
    shell.show(deposit.GetInterestRunResponse(run=run), tables.facts("年度结息", pairs))
    if run.mismatches:
        shell.say(_WHAT_TO_DO if run.trial else f"上述账户所在单位未结息。{_WHAT_TO_DO}")
        raise click.exceptions.Exit(1)


def _percent(rate_bp: int) -> str:
    return f"{rate_bp // 100}.{rate_bp % 100:02d}%"


def _tell_next(shell: Shell, name: str, token: str) -> None:
    if token:
        shell.say(f"下一页：hpf admin interest {name} … --page-token {token}")
