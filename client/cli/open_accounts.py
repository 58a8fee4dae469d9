"""`hpf open-accounts …`: 个人账户设立 (manual §5.1), the worksheet with its fields as options."""

from __future__ import annotations

import click

from client.cli.chinese import command, group
from client.cli.shell import Shell, json_option, pass_shell
from client.cli.worksheet import VERBS, add_row, choose, sheet
from services.kit.idnumbers import ID_TYPE_TITLES_ZH, IdType

BUSINESS = "open_accounts"


@group(
    "open-accounts",
    examples=(
        "hpf open-accounts template -o 开户.xlsx",
        "hpf open-accounts import 开户.xlsx && hpf open-accounts validate",
        "hpf open-accounts add --name 张三 --id-number 130702199003071236 \\",
        "      --mobile 13800001234 --base 5000 --effective-month 202611",
        "hpf open-accounts errors && hpf open-accounts edit 3 base=5000",
        "hpf open-accounts submit",
    ),
)
@click.pass_context
def open_accounts(context: click.Context) -> None:
    """个人账户设立：为职工开户。"""
    choose(context, BUSINESS)


@command("add")
@click.option("--name", required=True, metavar="姓名", help="姓名")
@click.option(
    "--id-type",
    default=ID_TYPE_TITLES_ZH[IdType.RESIDENT],
    show_default=True,
    metavar="类型",
    help="证件类型：" + "、".join(ID_TYPE_TITLES_ZH.values()),
)
@click.option("--id-number", required=True, metavar="号码", help="证件号码")
@click.option("--mobile", required=True, metavar="号码", help="手机号码")
@click.option("--base", required=True, metavar="元", help="个人缴存基数")
@click.option("--effective-month", required=True, metavar="YYYYMM", help="启用年月")
@click.option(
    "--employer-rate", default="", metavar="百分比", help="单位缴存比例，不填按单位当前比例"
)
@click.option(
    "--employee-rate", default="", metavar="百分比", help="个人缴存比例，不填按单位当前比例"
)
@json_option
@pass_shell
@click.pass_context
def add(context: click.Context, shell: Shell, /, **cells: str) -> None:
    """录入一名职工。"""
    add_row(shell, sheet(context, shell), {key: text for key, text in cells.items() if text})


for _verb in VERBS:
    open_accounts.add_command(_verb)
open_accounts.add_command(add)
