"""`hpf operations`, `operation`: who did what when with which certificate, and what it changed."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

import click
from hpf.collection.v1 import collection_service_pb2 as collection
from rich.table import Table
from rich.text import Text

from client import titles
from client.cli.chinese import command
from client.cli.screen import china_time
from client.cli.shell import Shell, json_option, pass_shell
from client.cli.tables import table


@command("operations", examples=("hpf operations --limit 200",))
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=50,
    show_default=True,
    metavar="条数",
    help="最近多少条",
)
@json_option
@pass_shell
def operations(shell: Shell, limit: int) -> None:
    """操作记录：何时、用哪张证书办理了什么，最近的在前。"""
    found = list(islice(shell.hall().operations(), limit))
    shell.show(collection.ListOperationsResponse(operations=found), operations_table(found))


@command("operation", examples=("hpf operation 2026112310000017",))
@click.argument("registration_no", metavar="登记号")
@json_option
@pass_shell
def operation(shell: Shell, registration_no: str) -> None:
    """一笔归集业务改动了什么：变更前和变更后。"""
    reply = shell.hall().operation(registration_no)
    shell.show(
        reply,
        operations_table([reply.operation]),
        operation_changes_table(reply.changes),
    )


_WHO = {"employer": "单位经办人", "staff": "管理中心", "system": "系统"}


def operations_table(operations: Iterable[collection.Operation]) -> Table:
    """操作记录."""
    found = table("操作记录", "登记号", "业务", "状态", "时间", "办理人", "证书", "复核证书")
    for each in operations:
        business = each.business
        found.add_row(
            business.registration_no,
            titles.BUSINESS_KIND.get(business.kind, "其他"),
            titles.BUSINESS_STATE.get(business.state, "未知"),
            china_time(each.submitted_at),
            _WHO.get(each.submitted_by, ""),
            Text(each.certificate),
            Text(each.approved_certificate or "-"),
        )
    return found


def operation_changes_table(changes: Iterable[collection.OperationChange]) -> Table:
    """What one operation changed; without an account it is the employer itself."""
    found = table("变更内容", "个人账号", "项目", "变更前", "变更后")
    for each in changes:
        account = each.account_no or "单位"
        found.add_row(account, each.title, Text(each.before), Text(each.after))
    return found
