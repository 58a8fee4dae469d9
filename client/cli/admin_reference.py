"""`hpf admin policy|code`, `hpf admin employer change`: what the centre decides, and profiles changed at the counter."""

from __future__ import annotations

from pathlib import Path

import click
from google.protobuf import json_format
from hpf.collection.v1 import collection_service_pb2 as collection
from rich.table import Table

from client.cli import tables
from client.cli.chinese import command, group
from client.cli.parameters import Cell
from client.cli.shell import Shell, json_option, pass_shell, yes_option
from client.employer_businesses import PAY_DAY
from client.errors import InputError

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@group("policy", examples=("hpf admin policy list", "hpf admin policy set --file 政策.json"))
def policy() -> None:
    """缴存政策：基数、比例、月缴额的上下限，按生效日期。"""


@policy.command("list")
@json_option
@pass_shell
def list_policies(shell: Shell) -> None:
    """列出全部政策。"""
    reply = shell.staff().policies()
    shell.show(reply, _policies_table(reply))


@policy.command("set")
@click.option("--file", required=True, type=_FILE, metavar="文件.json", help="PolicyRow 的 JSON")
@yes_option
@json_option
@pass_shell
def set_policy(shell: Shell, file: Path, yes: bool) -> None:
    """新增或修改尚未生效的政策；已生效的不能修改。"""
    row = collection.PolicyRow()
    try:
        json_format.Parse(file.read_text(encoding="utf-8"), row)
    except (OSError, ValueError, json_format.ParseError) as error:
        raise InputError(f"文件 {file} 不是政策：{error}") from error
    shell.confirm(f"自 {row.valid_from} 起执行新的缴存政策？", yes=yes)
    reply = shell.staff().set_policy(row)
    shell.show(reply, f"已登记，自 {reply.policy.valid_from} 起执行。")


@group("code", examples=("hpf admin code list seal_reason",))
def code() -> None:
    """代码表：封存原因、启封类型、单位性质等。"""


@code.command("list")
@click.argument("name", default="", metavar="[代码表]")
@json_option
@pass_shell
def list_codes(shell: Shell, name: str) -> None:
    """列出代码。"""
    reply = shell.staff().codes(name)
    shell.show(reply, _codes_table(reply))


@code.command("set", examples=("hpf admin code set seal_reason 07 出国定居",))
@click.argument("name", metavar="代码表")
@click.argument("key", metavar="代码")
@click.argument("title", metavar="名称")
@json_option
@pass_shell
def set_code(shell: Shell, name: str, key: str, title: str) -> None:
    """新增代码或修改名称。"""
    entry = collection.CodeEntry(code=key, title=title)
    reply = shell.staff().set_code(collection.SetCodeRequest(list=name, entry=entry))
    shell.show(reply, f"{name} {key} {title}")


@code.command("retire")
@click.argument("name", metavar="代码表")
@click.argument("key", metavar="代码")
@yes_option
@json_option
@pass_shell
def retire_code(shell: Shell, name: str, key: str, yes: bool) -> None:
    """停用代码；已登记的业务不变。"""
    shell.confirm(f"停用 {name} {key}？", yes=yes)
    entry = collection.CodeEntry(code=key)
    request = collection.SetCodeRequest(list=name, entry=entry, retire=True)
    shell.show(shell.staff().set_code(request), f"{name} {key} 已停用。")


@command("change", examples=("hpf admin employer change 10700000010 agent_mobile=13900005678",))
@click.argument("employer_no", metavar="单位账号")
@click.argument("fields", nargs=-1, type=Cell(), required=True, metavar="字段=内容…")
@yes_option
@json_option
@pass_shell
def change_employer(
    shell: Shell, employer_no: str, fields: tuple[tuple[str, str], ...], yes: bool
) -> None:
    """单位基本资料变更，立即生效，含单位名称和经办人手机号码。"""
    shell.confirm(f"修改单位 {employer_no} 的 {len(fields)} 项资料？", yes=yes)
    profile = collection.EmployerProfile()
    for name, text in fields:
        if name not in profile.DESCRIPTOR.fields_by_name:
            raise InputError(f"没有名为“{name}”的资料")
        setattr(profile, name, int(text or 0) if name == PAY_DAY else text)
    request = collection.ChangeEmployerProfileRequest(
        employer_no=employer_no, profile=profile, fields=[name for name, _ in fields]
    )
    reply = shell.staff().change_employer_profile(request)
    shell.show(reply, tables.business_facts(reply.business), tables.changes_table(reply.changes))


def _span(low: str, high: str) -> str:
    return f"{low} – {high}"


def _policies_table(reply: collection.ListPoliciesResponse) -> Table:
    columns = ("基数上下限", "比例上下限", "月缴额上下限", "批量上限")
    found = tables.table("缴存政策", "生效日期", *columns, "可缴未来月", right=columns)
    for row in reply.policies:
        base = _span(tables.yuan(row.base_floor_fen), tables.yuan(row.base_ceiling_fen))
        monthly = _span(tables.yuan(row.monthly_floor_fen), tables.yuan(row.monthly_ceiling_fen))
        rates = _span(f"{row.rate_floor}%", f"{row.rate_ceiling}%")
        future = "是" if row.future_months_allowed else "否"
        found.add_row(row.valid_from, base, rates, monthly, str(row.row_limit), future)
    return found


def _codes_table(reply: collection.ListCodesResponse) -> Table:
    found = tables.table("代码表", "代码表", "代码", "名称")
    for each in reply.code_lists:
        for entry in each.entries:
            found.add_row(each.list, entry.code, entry.title)
    return found
