"""`hpf approval`: 复核. What handlers submitted and what becomes of it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime

import click
from hpf.common.v1 import approval_pb2 as pb
from rich.table import Table

from client import titles
from client.cli import tables
from client.cli.chinese import command, group
from client.cli.session import local_time
from client.cli.shell import Shell, json_option, pass_shell, yes_option
from client.cli.signing import hall_to_submit, sign_options

_NUMBER = click.argument("waiting_no", metavar="待复核编号")


@group(
    "approval",
    examples=(
        "hpf approval list                            待复核的业务",
        "hpf approval show WD202611230000017           提交的全部内容",
        "hpf approval approve WD202611230000017        复核通过",
        "hpf approval reject WD202611230000017 --reason 终止年月应为十月",
        "hpf approval withdraw WD202611230000017       经办人员撤回",
    ),
)
def approval() -> None:
    """复核：单位要求复核时，经办人员提交的业务由复核人员通过后才办理。"""


@command("list")
@click.option("--decided", is_flag=True, help="已复核、退回、撤回和失效的")
@json_option
@pass_shell
def list_waiting(shell: Shell, decided: bool) -> None:
    """待复核的业务，最新的在前。"""
    found = shell.hall().waiting_submissions(decided=decided)
    shell.show(pb.ListWaitingSubmissionsResponse(submissions=found), _table(found))


@command("show")
@_NUMBER
@json_option
@pass_shell
def show(shell: Shell, waiting_no: str) -> None:
    """提交的全部内容：复核的就是这些，提交后改动的不算。"""
    reply = shell.hall().waiting_submission(waiting_no)
    shell.show(reply, *_pictures(reply))


@command("approve")
@_NUMBER
@yes_option
@sign_options
@json_option
@pass_shell
def approve(shell: Shell, waiting_no: str, yes: bool) -> None:
    """复核通过，业务随即办理。"""
    hall = hall_to_submit(shell)
    shown = hall.waiting_submission(waiting_no)
    if not yes:
        for picture in _pictures(shown):
            shell.draw(picture)
        shell.confirm("复核通过？", yes=yes)
    with shell.waiting("正在办理…"):
        business = hall.outcome(hall.approve(shown))
    shell.show(pb.ApproveSubmissionResponse(business=business), tables.business_facts(business))


@command("reject")
@_NUMBER
@click.option("--reason", required=True, metavar="原因", help="告诉经办人员，不超过 200 字")
@json_option
@pass_shell
def reject(shell: Shell, waiting_no: str, reason: str) -> None:
    """退回，不办理。"""
    ended = shell.hall().reject(waiting_no, reason=reason)
    shell.show(pb.RejectSubmissionResponse(submission=ended), _table([ended]))


@command("withdraw")
@_NUMBER
@json_option
@pass_shell
def withdraw(shell: Shell, waiting_no: str) -> None:
    """经办人员撤回还没有复核的业务。"""
    ended = shell.hall().withdraw(waiting_no)
    shell.show(pb.WithdrawSubmissionResponse(submission=ended), _table([ended]))


for _command in (list_waiting, show, approve, reject, withdraw):
    approval.add_command(_command)


def _pictures(reply: pb.GetWaitingSubmissionResponse) -> list[Table]:
    form, found = json.loads(reply.canonical), reply.submission
    keys = [
        ("经办证书", found.submitted_certificate),
        ("复核、退回或撤回的证书", found.decided_certificate or "-"),
    ]
    pairs = [
        (key, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
        for key, value in form["request"].items()
    ]
    pictures = [_table([found]), tables.facts("", keys), tables.facts("提交的内容", pairs)]
    if reply.content:
        content = json.loads(reply.content)
        if content["header"]:
            pictures.append(tables.facts("清单上方", list(content["header"].items())))
        columns = list(dict.fromkeys(key for row in content["rows"] for key in row))
        rows = tables.table("清单", "行号", *columns)
        for number, row in enumerate(content["rows"], start=1):
            rows.add_row(str(number), *(row.get(key, "") for key in columns))
        pictures.append(rows)
    return pictures


def _table(found: Iterable[pb.WaitingSubmission]) -> Table:
    picture = tables.table(
        "复核", "编号", "业务", "人数", "金额（元）", "提交时间", "签名", "状态", "登记号", "原因"
    )
    for each in found:
        picture.add_row(
            each.waiting_no,
            titles.BUSINESS_KIND.get(each.kind, "其他"),
            str(each.headcount or "-"),
            tables.yuan(each.amount_fen) if each.amount_fen else "-",
            local_time(_moment(each)),
            "有" if each.signed else "无",
            titles.WAITING_STATE.get(each.state, "其他"),
            each.registration_no or "-",
            each.reason or "-",
        )
    return picture


def _moment(each: pb.WaitingSubmission) -> datetime:
    return each.submitted_at.ToDatetime(tzinfo=UTC)
