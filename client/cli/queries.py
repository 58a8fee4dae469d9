"""`hpf employer`, `people`, `ledger`, `statement`, `export`: the query screens (manual 四)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from hpf.query.v1 import query_service_pb2 as query

from client.calls import all_pages
from client.cli import tables
from client.cli.chinese import command, group
from client.cli.parameters import Day
from client.cli.shell import Shell, json_option, pass_shell
from services.kit.clock import SystemClock, business_date

PAGE_ROWS = 50
#: With --all: as many as the hall gives at once.
PAGE_ROWS_MAX = 500

#: What a query is given out as.
FORMATS = {
    "xlsx": query.EXPORT_FORMAT_WORKBOOK,
    "pdf": query.EXPORT_FORMAT_PRINT,
    "txt": query.EXPORT_FORMAT_TEXT,
}

PEOPLE_ORDERS = {
    "opened": query.PEOPLE_ORDER_UNSPECIFIED,
    "opened-latest": query.PEOPLE_ORDER_OPENED_LATEST,
    "account": query.PEOPLE_ORDER_ACCOUNT_NO,
    "balance-largest": query.PEOPLE_ORDER_BALANCE_LARGEST,
    "balance-smallest": query.PEOPLE_ORDER_BALANCE_SMALLEST,
    "base-largest": query.PEOPLE_ORDER_BASE_LARGEST,
    "base-smallest": query.PEOPLE_ORDER_BASE_SMALLEST,
    "paid-through": query.PEOPLE_ORDER_PAID_THROUGH_EARLIEST,
}

order_option = click.option(
    "--order", type=click.Choice(list(PEOPLE_ORDERS)), default="opened", help="排序方式"
)

_HAS_MORE_ZH = "还有更多记录，加 --all 查看全部。"

_all_option = click.option(
    "--all", "whole", is_flag=True, help=f"全部记录（默认前 {PAGE_ROWS} 条）"
)


def filter_options(function: Callable[..., None]) -> Callable[..., None]:
    """The search fields of 个人基本信息查询."""
    for option in (
        click.option(
            "--status", default="", metavar="代码", help="个人账户状态：01 正常，02 封存…"
        ),
        click.option("--account", "account_no", default="", metavar="账号", help="个人账号"),
        click.option("--id-number", default="", metavar="号码", help="证件号码"),
        click.option("--id-type", default="", metavar="代码", help="证件类型：01 身份证…"),
    ):
        function = option(function)
    return function


@command("employer")
@json_option
@pass_shell
def employer(shell: Shell) -> None:
    """单位基本信息查询。"""
    found = shell.hall().employer()
    shell.show(query.GetEmployerResponse(employer=found), tables.employer_facts(found))


@command("people", examples=("hpf people", "hpf people --status 02", "hpf people --all --json"))
@filter_options
@order_option
@click.option("--full-ids", is_flag=True, help="显示完整证件号码")
@_all_option
@json_option
@pass_shell
def people(shell: Shell, /, full_ids: bool, whole: bool, order: str, **wanted: str) -> None:
    """个人基本信息查询，合计随条件变化。"""
    hall = shell.hall()
    chosen = query.PeopleFilter(**wanted)
    size = PAGE_ROWS_MAX if whole else PAGE_ROWS
    reply = _gathered(
        lambda token: hall.people(
            chosen, page_size=size, page_token=token, order=PEOPLE_ORDERS[order]
        ),
        "people",
        whole=whole,
    )
    shell.show(
        reply,
        tables.people_table(reply.people, full_ids=full_ids),
        tables.people_totals(reply.totals),
    )
    if reply.next_page_token:
        shell.say(_HAS_MORE_ZH)


@command("ledger", examples=("hpf ledger 0313000000123 --from 2026-07-01",))
@click.argument("account_no", metavar="个人账号")
@click.option("--from", "from_date", type=Day(), default=None, metavar="日期", help="开始日期")
@click.option("--to", "to_date", type=Day(), default=None, metavar="日期", help="结束日期")
@_all_option
@json_option
@pass_shell
def ledger(
    shell: Shell, account_no: str, from_date: str | None, to_date: str | None, whole: bool
) -> None:
    """个人明细账查询。"""
    hall = shell.hall()
    reply = _gathered(
        lambda token: hall.ledger(
            account_no,
            from_date=from_date or "",
            to_date=to_date or "",
            page_size=PAGE_ROWS_MAX if whole else PAGE_ROWS,
            page_token=token,
        ),
        "entries",
        whole=whole,
    )
    shell.show(reply, tables.ledger_table(reply))
    if reply.next_page_token:
        shell.say(_HAS_MORE_ZH)


@command("statement", examples=("hpf statement --from 2026-01-01 --to 2026-11-30",))
@click.option("--from", "from_date", type=Day(), required=True, metavar="日期", help="开始日期")
@click.option(
    "--to", "to_date", type=Day(), default=None, metavar="日期", help="结束日期，默认今天"
)
@_all_option
@json_option
@pass_shell
def statement(shell: Shell, from_date: str, to_date: str | None, whole: bool) -> None:
    """单位缴存明细查询。"""
    hall = shell.hall()
    reply = _gathered(
        lambda token: hall.statement(
            from_date=from_date,
            to_date=to_date or _today(),
            page_size=PAGE_ROWS_MAX if whole else PAGE_ROWS,
            page_token=token,
        ),
        "lines",
        whole=whole,
    )
    shell.show(reply, tables.statement_table(reply.lines))
    if reply.next_page_token:
        shell.say(_HAS_MORE_ZH)


@group("export")
def export() -> None:
    """导出、打印、复制查询结果。"""


def file_options(function: Callable[..., None]) -> Callable[..., None]:
    """What the file is to be, and where it goes."""
    for option in (
        click.option(
            "--format",
            "-f",
            "wanted_format",
            type=click.Choice(list(FORMATS)),
            default="xlsx",
            help="xlsx 导出为 Excel，pdf 打印，txt 复制（制表符分隔）",
        ),
        click.option(
            "--output",
            "-o",
            type=click.Path(path_type=Path),
            default=Path(),
            metavar="文件",
            help="保存到哪里",
        ),
    ):
        function = option(function)
    return function


@export.command("employer", examples=("hpf export employer -f pdf",))
@file_options
@pass_shell
def export_employer(shell: Shell, wanted_format: str, output: Path) -> None:
    """单位基本信息。"""
    _export(shell, output, wanted_format, employer=query.EmployerQuery())


@export.command(
    "people", examples=("hpf export people -o 职工.xlsx", "hpf export people -f pdf --status 02")
)
@filter_options
@order_option
@file_options
@pass_shell
def export_people(
    shell: Shell, /, wanted_format: str, output: Path, order: str, **wanted: str
) -> None:
    """个人基本信息。"""
    asked = query.PeopleQuery(filter=query.PeopleFilter(**wanted), order=PEOPLE_ORDERS[order])
    _export(shell, output, wanted_format, people=asked)


@export.command("ledger", examples=("hpf export ledger 2070000000019 -f pdf",))
@click.argument("account_no", metavar="个人账号")
@click.option("--from", "from_date", type=Day(), default=None, metavar="日期", help="开始日期")
@click.option("--to", "to_date", type=Day(), default=None, metavar="日期", help="结束日期")
@file_options
@pass_shell
def export_ledger(
    shell: Shell,
    account_no: str,
    from_date: str | None,
    to_date: str | None,
    wanted_format: str,
    output: Path,
) -> None:
    """个人明细账。"""
    asked = query.LedgerQuery(
        account_no=account_no, from_date=from_date or "", to_date=to_date or ""
    )
    _export(shell, output, wanted_format, ledger=asked)


@export.command("statement", examples=("hpf export statement --from 2026-01-01",))
@click.option("--from", "from_date", type=Day(), required=True, metavar="日期", help="开始日期")
@click.option(
    "--to", "to_date", type=Day(), default=None, metavar="日期", help="结束日期，默认今天"
)
@file_options
@pass_shell
def export_statement(
    shell: Shell, from_date: str, to_date: str | None, wanted_format: str, output: Path
) -> None:
    """单位缴存明细。"""
    asked = query.StatementQuery(from_date=from_date, to_date=to_date or _today())
    _export(shell, output, wanted_format, statement=asked)


def _export(shell: Shell, output: Path, wanted_format: str, **asked: Any) -> None:
    request = query.ExportQueryRequest(format=FORMATS[wanted_format], **asked)
    with shell.watching("正在生成文件") as progress:
        done = shell.hall().export_query(output, request, making=progress, progress=progress)
    shell.say(f"已保存到 {done.path}（{done.size_bytes:,} 字节）")


def _today() -> str:
    return business_date(SystemClock().now()).isoformat()


def _gathered(fetch: Callable[[str], Any], rows: str, *, whole: bool) -> Any:
    """The first page, or with `whole` all pages as one reply."""
    if not whole:
        return fetch("")
    pages = all_pages(fetch)
    gathered = next(pages)
    for page in pages:
        getattr(gathered, rows).extend(getattr(page, rows))
    gathered.next_page_token = ""
    return gathered
