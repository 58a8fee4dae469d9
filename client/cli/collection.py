"""`hpf transfer target`, `profile`, `rates`, `close`: what of manual 五 is no list."""

from __future__ import annotations

from datetime import UTC
from typing import Any

import click
from hpf.collection.v1 import collection_events_pb2 as events
from hpf.collection.v1 import collection_service_pb2 as collection
from hpf.common.v1.business_pb2 import BUSINESS_STATE_POSTED

from client import titles
from client.cli import tables
from client.cli.agent_mobile import confirm_mobile
from client.cli.chinese import command, group
from client.cli.list_screens import LISTS, transfer
from client.cli.parameters import Cell, Month
from client.cli.session import local_time
from client.cli.shell import Shell, json_option, pass_shell, yes_option
from client.cli.signing import hall_to_submit, sign_options, tell_waiting
from services.kit.months import YearMonth


@transfer.command("target")
@click.argument("employer_no", metavar="转入单位账号")
@json_option
@pass_shell
def target(shell: Shell, employer_no: str) -> None:
    """转入单位的名称、机构和状态，提交前核对。"""
    reply = shell.hall().target_employer(employer_no)
    pairs = [
        ("转入单位账号", reply.employer_no),
        ("转入单位名称", reply.name),
        ("转入账户机构", reply.branch_name),
        ("转入单位账户状态", titles.EMPLOYER_STATUS.get(reply.status, "其他")),
    ]
    shell.show(reply, tables.facts("", pairs))


# ---------------------------------------------------------------- 单位基本资料变更


@group("profile", examples=("hpf profile show", "hpf profile change address=张家口市宣化区新路2号"))
def profile() -> None:
    """单位基本资料。"""


profile.add_command(confirm_mobile)


@profile.command("show")
@json_option
@pass_shell
def show_profile(shell: Shell) -> None:
    """现在的资料，以及可选的代码。"""
    reply = shell.hall().profile()
    lists = {each.list: each for each in reply.code_lists}
    pairs = [("单位账号", reply.employer_no), ("单位地点", reply.place)]
    pairs += [
        (title, _shown(key, str(getattr(reply.profile, key)), lists))
        for key, title in titles.PROFILE_FIELD.items()
    ]
    choices = [
        (titles.PROFILE_FIELD[key], "、".join(f"{e.code} {e.title}" for e in found.entries))
        for key, found in lists.items()
        if key in titles.PROFILE_FIELD
    ]
    shell.show(reply, tables.facts("单位资料", pairs), tables.facts("可选代码", choices))


@profile.command("change")
@click.argument("fields", nargs=-1, type=Cell(), required=True, metavar="字段=内容…")
@yes_option
@sign_options
@json_option
@pass_shell
def change_profile(shell: Shell, fields: tuple[tuple[str, str], ...], yes: bool) -> None:
    """修改资料；经办人手机号码须经原号码收到的验证码确认后生效。"""
    shell.confirm(f"修改 {len(fields)} 项资料？", yes=yes)
    reply = hall_to_submit(shell).change_profile(dict(fields))
    shell.show(reply, tables.business_facts(reply.business), tables.changes_table(reply.changes))
    tell_waiting(shell, reply.business)
    if reply.mobile_waits_for_code:
        shell.say("新手机号码待确认：原号码将收到验证码，请执行 hpf profile confirm-mobile")


# ---------------------------------------------------------------- 缴存比例调整


@group("rates", examples=("hpf rates change --employer 5-10 --employee 5-10 --from 202701",))
def rates() -> None:
    """缴存比例。"""


class Span(click.ParamType[tuple[int, int]]):
    """下限-上限"""

    name = "下限-上限"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int]:
        if isinstance(value, tuple):
            return value
        low, _, high = str(value).partition("-")
        if not (low.isdigit() and (high or low).isdigit()):
            self.fail(f"“{value}”不是比例范围，写作 5-12 或 10", param, ctx)
        return int(low), int(high or low)


@rates.command("change")
@click.option("--employer", required=True, type=Span(), metavar="下限-上限", help="单位缴存比例")
@click.option("--employee", required=True, type=Span(), metavar="下限-上限", help="个人缴存比例")
@click.option("--from", "month", type=Month(), metavar="YYYYMM", help="启用年月，默认下一个应缴月")
@yes_option
@sign_options
@json_option
@pass_shell
def change_rates(
    shell: Shell,
    employer: tuple[int, int],
    employee: tuple[int, int],
    month: YearMonth | None,
    yes: bool,
) -> None:
    """调整上下限；超出新范围的职工调整到最近的上限或下限。"""
    shell.confirm("调整缴存比例？", yes=yes)
    limits = events.RateLimits(
        employer_rate_min=employer[0],
        employer_rate_max=employer[1],
        employee_rate_min=employee[0],
        employee_rate_max=employee[1],
    )
    reply = hall_to_submit(shell).change_rates(
        limits, effective_month=month.to_int() if month else 0
    )
    if tell_waiting(shell, reply.business):
        shell.show(reply, tables.business_facts(reply.business))
        return
    shell.show(
        reply,
        tables.business_facts(reply.business),
        tables.rates_table(reply.before, reply.after),
        f"随之调整 {reply.moved_headcount} 人。",
    )


# ---------------------------------------------------------------- 单位注销, 操作记录


@command("close", examples=("hpf close --reason 01",))
@click.option("--reason", required=True, metavar="代码", help="注销原因，见 hpf profile show")
@yes_option
@sign_options
@json_option
@pass_shell
def close(shell: Shell, reason: str, yes: bool) -> None:
    """单位注销：余额和暂存款为零且没有个人账户时方可办理，不可撤销。"""
    shell.confirm("单位注销不可撤销，确认办理？", yes=yes)
    hall = hall_to_submit(shell)
    with shell.waiting("正在办理注销…"):
        business = hall.outcome(hall.close_employer(reason))
    reply = collection.CloseEmployerResponse(business=business)
    shell.show(reply, tables.business_facts(business))
    tell_waiting(shell, business)
    if business.state == BUSINESS_STATE_POSTED:
        session = hall.session()
        until = local_time(session.access_expires_at.ToDatetime(tzinfo=UTC)) if session else "现在"
        shell.say(
            f"请在 {until} 前下载回单：hpf receipt download {business.registration_no}；"
            "此后不能再登录，可到管理部柜台领取。"
        )


def _shown(key: str, value: str, lists: dict[str, collection.CodeList]) -> str:
    known = lists.get(key)
    entries = {} if known is None else {each.code: each.title for each in known.entries}
    return f"{value} {entries[value]}" if value in entries else value


COMMANDS = (*LISTS, profile, rates, close)
