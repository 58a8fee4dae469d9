"""`hpf admin access` and `hpf admin evidence`: approval and signatures at an employer, for the centre's staff."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from hpf.auth.v1 import auth_service_pb2 as auth
from hpf.common.v1 import submission_pb2 as pb
from rich.table import Table

from client.cli import tables
from client.cli.chinese import command, group
from client.cli.session import local_time
from client.cli.shell import Shell, json_option, pass_shell

if TYPE_CHECKING:
    from client.evidence import Finding

_OPTIONS = {
    "hall": auth.ACCESS_OPTION_UNSPECIFIED,
    "on": auth.ACCESS_OPTION_ON,
    "off": auth.ACCESS_OPTION_OFF,
}
_SHOWN = {
    auth.ACCESS_OPTION_UNSPECIFIED: "按全厅设置",
    auth.ACCESS_OPTION_ON: "要求",
    auth.ACCESS_OPTION_OFF: "不要求",
}
_CHOICE = click.Choice([*_OPTIONS])


@group(
    "access",
    examples=(
        "hpf admin access show 10700000010",
        "hpf admin access set 10700000010 --approval on --signature on",
    ),
)
def access() -> None:
    """单位业务的复核和签名要求。"""


@access.command("show")
@click.argument("employer_no", metavar="单位账号")
@json_option
@pass_shell
def show(shell: Shell, employer_no: str) -> None:
    """一个单位的要求，以及经办、复核证书各有几张。"""
    found = shell.staff().employer_access(employer_no)
    shell.show(auth.GetEmployerAccessResponse(access=found), _facts(found))
    _warn(shell, found)


@access.command("set")
@click.argument("employer_no", metavar="单位账号")
@click.option("--approval", type=_CHOICE, help="复核：on 要求，off 不要求，hall 按全厅设置")
@click.option("--signature", type=_CHOICE, help="签名：同上")
@json_option
@pass_shell
def set_access(shell: Shell, employer_no: str, approval: str | None, signature: str | None) -> None:
    """改变要求；没有写到的不变。单位的会话随即结束，重新登录后生效。"""
    if approval is None and signature is None:
        raise click.UsageError("请写明 --approval 或 --signature")
    staff = shell.staff()
    now = staff.employer_access(employer_no)
    reply = staff.set_employer_access(
        employer_no,
        approval=now.approval if approval is None else _OPTIONS[approval],
        signature=now.signature if signature is None else _OPTIONS[signature],
    )
    shell.show(reply, _facts(reply.access), f"已结束 {reply.ended_sessions} 个会话。")
    _warn(shell, reply.access)


@command("evidence", examples=("hpf admin evidence 202611230000017",))
@click.argument("number", metavar="登记号")
@json_option
@pass_shell
def evidence(shell: Shell, number: str) -> None:
    """一笔业务的签名证据，并重新验证；有一项不符时退出码为 1。"""
    # Loads the cryptography of the services, which an employer's machine need not have.
    from client.evidence import check_evidence

    reply = shell.staff().submission_evidence(number)
    findings = check_evidence(reply)
    shell.show(reply, lambda: _evidence_table(reply, findings))
    if not reply.evidence:
        shell.say("没有签名：该业务不存在，或提交时没有签名。")
    if not reply.evidence or any(found.faults for found in findings):
        raise click.exceptions.Exit(1)


def _facts(found: auth.EmployerAccess) -> Table:
    required = {True: "要求", False: "不要求"}
    return tables.facts(
        "业务提交",
        [
            ("单位账号", found.employer_no),
            ("复核", f"{required[found.approval_required]}（{_SHOWN[found.approval]}）"),
            ("签名", f"{required[found.signature_required]}（{_SHOWN[found.signature]}）"),
            ("经办证书", str(found.handlers)),
            ("复核证书", str(found.approvers)),
            ("设置人", found.set_by or "-"),
        ],
    )


def _warn(shell: Shell, found: auth.EmployerAccess) -> None:
    if found.approval_required and not (found.handlers and found.approvers):
        shell.say("注意：要求复核，但没有经办证书或没有复核证书，业务将无法办理。")


def _evidence_table(reply: pb.ListSubmissionEvidenceResponse, findings: list[Finding]) -> Table:
    picture = tables.table("签名证据", "编号", "提交", "证书", "时间", "验证")
    for each, found in zip(reply.evidence, findings, strict=True):
        picture.add_row(
            each.number,
            each.method.rpartition("/")[2],
            found.certificate,
            local_time(found.kept_at),
            "、".join(found.faults) or "签名有效，内容未改动",
        )
    return picture
