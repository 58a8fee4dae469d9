"""`hpf worksheet BUSINESS …`: every button of the list screens (录入 导入 删除 清空 保存 刷新 导出 提交).

The same verbs serve each business; `hpf open-accounts …` is this group with the business chosen.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from hpf.common.v1 import worksheet_pb2 as pb
from hpf.common.v1.business_pb2 import SubmitWorksheetResponse

from client.cli import sheet_tables, tables
from client.cli.chinese import command, group
from client.cli.parameters import BusinessName, Cell
from client.cli.shell import Shell, json_option, pass_shell, yes_option
from client.cli.signing import hall_to_submit, sign_options, tell_waiting
from client.errors import InputError
from client.worksheet import Worksheet

#: Rows shown at once; the rest is asked for.
SHOWN_ROWS = 100

_CHOSEN = "client.cli.worksheet.business"
_TARGET = click.Path(path_type=Path, dir_okay=True, writable=True)


def choose(context: click.Context, business: str, *, typed: str = "") -> None:
    """Say which business the verbs below this group are about; `typed` when it stands behind the group's name."""
    context.meta[_CHOSEN] = business
    context.ensure_object(Shell).list_command = f"{context.command_path} {typed}".strip()


def sheet(context: click.Context, shell: Shell) -> Worksheet:
    """The worksheet of the business that the group above has chosen."""
    return shell.hall().worksheet(context.meta[_CHOSEN])


@group(
    "worksheet",
    examples=(
        "hpf worksheet open_accounts template -o 开户.xlsx",
        "hpf worksheet open_accounts import 开户.xlsx",
        "hpf worksheet 个人账户设立 show --errors-only",
        "hpf worksheet open_accounts edit 3 id_number=130702199003071236",
        "hpf worksheet open_accounts submit",
    ),
)
@click.argument("business", type=BusinessName(), metavar="业务")
@click.pass_context
def worksheet(context: click.Context, business: str) -> None:
    """批量业务的清单：录入、导入、校验、提交。

    业务可写代码或中文名：open_accounts（个人账户设立）。
    """
    choose(context, business, typed=business)


@command("show")
@click.option("--errors-only", is_flag=True, help="只看有误的行")
@click.option("--all", "whole", is_flag=True, help=f"显示全部行（默认前 {SHOWN_ROWS} 行）")
@json_option
@pass_shell
@click.pass_context
def show(context: click.Context, shell: Shell, errors_only: bool, whole: bool) -> None:
    """刷新：查看清单。"""
    chosen = sheet(context, shell)
    if whole:
        reply = chosen.whole(bad_rows_only=errors_only)
    else:
        reply = chosen.page(page_size=SHOWN_ROWS, bad_rows_only=errors_only)
    _show_list(shell, reply, title=chosen.business.title_zh)


@command("add", examples=("hpf worksheet open_accounts add name=张三 id_type=身份证 …",))
@click.argument("cells", nargs=-1, type=Cell(), required=True, metavar="字段=内容…")
@json_option
@pass_shell
@click.pass_context
def add(context: click.Context, shell: Shell, cells: tuple[tuple[str, str], ...]) -> None:
    """录入一行。"""
    add_row(shell, sheet(context, shell), dict(cells))


@command("edit")
@click.argument("row_number", type=click.IntRange(min=1), metavar="行号")
@click.argument("cells", nargs=-1, type=Cell(), required=True, metavar="字段=内容…")
@json_option
@pass_shell
@click.pass_context
def edit(
    context: click.Context, shell: Shell, row_number: int, cells: tuple[tuple[str, str], ...]
) -> None:
    """修改一行；没有写到的字段不变，“字段=”清空该字段。"""
    chosen = sheet(context, shell)
    row = _row(chosen, row_number)
    changed = {key: text for key, text in {**row.cells, **dict(cells)}.items() if text}
    reply = chosen.update(row.row_id, changed)
    shell.show(
        reply, sheet_tables.errors_table(reply.row.errors) if reply.row.errors else "已修改。"
    )
    shell.say(sheet_tables.worksheet_state(reply.worksheet))


@command("delete")
@click.argument("row_numbers", nargs=-1, required=True, type=click.IntRange(min=1), metavar="行号…")
@json_option
@pass_shell
@click.pass_context
def delete(context: click.Context, shell: Shell, row_numbers: tuple[int, ...]) -> None:
    """删除一行或多行。"""
    chosen = sheet(context, shell)
    wanted = set(row_numbers)
    found = {row.row_number: row.row_id for row in chosen.whole().rows}
    missing = sorted(wanted - set(found))
    if missing:
        raise InputError(f"清单中没有第 {'、'.join(map(str, missing))} 行")
    _show_state(shell, chosen.delete([found[number] for number in sorted(wanted)]))


@command("clear")
@yes_option
@json_option
@pass_shell
@click.pass_context
def clear(context: click.Context, shell: Shell, yes: bool) -> None:
    """清空整个清单。"""
    chosen = sheet(context, shell)
    shell.confirm(f"确定清空“{chosen.business.title_zh}”清单？", yes=yes)
    _show_state(shell, chosen.clear())


@command("header")
@click.argument("cells", nargs=-1, type=Cell(), required=True, metavar="字段=内容…")
@json_option
@pass_shell
@click.pass_context
def header(context: click.Context, shell: Shell, cells: tuple[tuple[str, str], ...]) -> None:
    """填写清单上方的内容。"""
    _show_state(shell, sheet(context, shell).set_header(dict(cells)))


@command("save", examples=("hpf worksheet open_accounts show --all --json > 清单.json",))
@click.argument("file", type=click.File("r", encoding="utf-8"), metavar="文件.json")
@json_option
@pass_shell
@click.pass_context
def save(context: click.Context, shell: Shell, file: Any) -> None:
    """保存：用文件（show --all --json 的格式）替换整个清单。"""
    rows, values = _rows_from_json(file.read())
    reply = sheet(context, shell).save(rows, header=values)
    shell.show(reply, *([sheet_tables.errors_table(reply.errors)] if reply.errors else []))
    shell.say(sheet_tables.worksheet_state(reply.worksheet))


@command("import")
@click.argument(
    "file", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="文件.xlsx"
)
@click.option("--append", is_flag=True, help="接在已有行之后（默认替换已有行）")
@json_option
@pass_shell
@click.pass_context
def import_file(context: click.Context, shell: Shell, file: Path, append: bool) -> None:
    """导入 Excel 文件。"""
    with shell.waiting("正在导入…"):
        reply = sheet(context, shell).import_workbook(file.read_bytes(), append=append)
    shell.show(reply, *([sheet_tables.errors_table(reply.errors)] if reply.errors else []))
    shell.say(
        f"已导入 {reply.imported_row_count} 行；{sheet_tables.worksheet_state(reply.worksheet)}"
    )


@command("template")
@click.option("--output", "-o", type=_TARGET, metavar="文件", help="保存到哪里")
@click.option("--prefilled", is_flag=True, help="预先填入可办理的职工")
@pass_shell
@click.pass_context
def template(context: click.Context, shell: Shell, output: Path | None, prefilled: bool) -> None:
    """下载导入用的 Excel 模板。"""
    shell.keep(sheet(context, shell).template(prefilled=prefilled), output)


@command("export")
@click.option("--output", "-o", type=_TARGET, metavar="文件", help="保存到哪里")
@pass_shell
@click.pass_context
def export(context: click.Context, shell: Shell, output: Path | None) -> None:
    """导出清单为 Excel 文件。"""
    shell.keep(sheet(context, shell).export(), output)


@command("errors")
@click.option("--output", "-o", type=_TARGET, metavar="文件", help="保存为 Excel，改正后可再导入")
@json_option
@pass_shell
@click.pass_context
def errors(context: click.Context, shell: Shell, output: Path | None) -> None:
    """批量错误信息：每个有误的行和原因。"""
    chosen = sheet(context, shell)
    if output is not None:
        shell.keep(chosen.error_workbook(), output)
        return
    reply = chosen.whole(bad_rows_only=True)
    found = [error for row in reply.rows for error in row.errors]
    shell.show(reply, sheet_tables.errors_table([*reply.worksheet.header_errors, *found]))
    shell.say(sheet_tables.worksheet_state(reply.worksheet))


@command("validate")
@json_option
@pass_shell
@click.pass_context
def validate(context: click.Context, shell: Shell) -> None:
    """校验所有行；有误时退出码为 1。"""
    with shell.waiting("正在校验…"):
        reply = sheet(context, shell).validate()
    shell.show(
        reply, sheet_tables.errors_table(reply.errors) if reply.error_count else "全部正确。"
    )
    if reply.error_count > len(reply.errors):
        shell.say(f"共 {reply.error_count} 处错误，全部见 errors 命令。")
    if reply.error_count:
        raise click.exceptions.Exit(1)


@command("submit")
@yes_option
@sign_options
@json_option
@pass_shell
@click.pass_context
def submit(context: click.Context, shell: Shell, yes: bool) -> None:
    """提交：全部通过才办理，有一行不符合就全部不办理。"""
    hall = hall_to_submit(shell)
    chosen = sheet(context, shell)
    reply = chosen.page(page_size=1)
    above = sheet_tables.header_facts(reply)
    if above is not None and not yes:
        shell.draw(above)
    stands = sheet_tables.worksheet_state(reply.worksheet)
    shell.confirm(f"提交“{chosen.business.title_zh}”，{stands}？", yes=yes)
    with shell.waiting("正在提交…"):
        business = hall.outcome(chosen.submit())
    shell.show(SubmitWorksheetResponse(business=business), tables.business_facts(business))
    if not tell_waiting(shell, business):
        shell.say(f"打印回单：hpf receipt download {business.registration_no}")


# ---------------------------------------------------------------- shared


def add_row(shell: Shell, chosen: Worksheet, cells: Mapping[str, str]) -> None:
    """录入 one row and say what is wrong with it."""
    reply = chosen.add([cells])
    wrong = [error for row in reply.rows for error in row.errors]
    shell.show(reply, sheet_tables.errors_table(wrong) if wrong else "已录入。")
    shell.say(sheet_tables.worksheet_state(reply.worksheet))


def _show_list(shell: Shell, reply: pb.GetWorksheetResponse, *, title: str) -> None:
    wrong = [error for row in reply.rows for error in row.errors]
    pictures: list[Any] = [f"{title}：{sheet_tables.worksheet_state(reply.worksheet)}"]
    above = sheet_tables.header_facts(reply)
    if above is not None:
        pictures.append(above)
    pictures.append(sheet_tables.worksheet_table(reply))
    if wrong:
        pictures.append(sheet_tables.errors_table(wrong))
    shell.show(reply, *pictures)
    if reply.next_page_token:
        shell.say("还有更多行，加 --all 查看全部。")


def _show_state(shell: Shell, state: pb.WorksheetState) -> None:
    shell.show(state, sheet_tables.worksheet_state(state))


def _row(chosen: Worksheet, row_number: int) -> pb.WorksheetRow:
    row = chosen.row(row_number)
    if row is None:
        raise InputError(f"清单中没有第 {row_number} 行")
    return row


def _rows_from_json(text: str) -> tuple[Sequence[Mapping[str, str]], Mapping[str, str]]:
    try:
        content = json.loads(text)
        rows = [{str(k): str(v) for k, v in row["cells"].items()} for row in content["rows"]]
        return rows, dict(content.get("worksheet", {}).get("header", {}))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError("文件不是 hpf worksheet … show --all --json 的格式") from error


#: The buttons of every list screen, for any group that has chosen its business.
VERBS = (
    show, add, edit, delete, clear, header, save, import_file, template, export, errors, validate,
    submit,
)  # fmt: skip

for _verb in VERBS:
    worksheet.add_command(_verb)
