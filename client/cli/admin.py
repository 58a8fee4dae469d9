"""`hpf admin …`: the centre's staff, over the bus (never through the edge)."""

from __future__ import annotations

from pathlib import Path

import click
from google.protobuf import json_format
from hpf.auth.v1 import auth_service_pb2 as auth
from hpf.collection.v1 import collection_service_pb2 as collection

from client.cli import tables
from client.cli.admin_access import access, evidence
from client.cli.admin_audit import audit
from client.cli.admin_bank import payment, reconcile, unallocated
from client.cli.admin_books import books
from client.cli.admin_corrections import business, give_up, reverse
from client.cli.admin_interest import interest, interest_rate
from client.cli.admin_readmodel import readmodel
from client.cli.admin_receipts import receipts
from client.cli.admin_reference import change_employer, code, policy
from client.cli.chinese import group
from client.cli.dead_letters import dead_letters
from client.cli.shell import Shell, json_option, pass_shell, yes_option
from client.errors import InputError

_ROLES = {"handler": auth.KEY_ROLE_HANDLER, "approver": auth.KEY_ROLE_APPROVER}
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@group("admin")
def admin() -> None:
    """管理中心工作人员的命令（经消息总线）。"""


for _command in (
    payment, unallocated, reconcile, business, reverse, give_up, interest, interest_rate, books,
):  # fmt: skip
    admin.add_command(_command)
admin.add_command(dead_letters)
admin.add_command(audit)
admin.add_command(access)
admin.add_command(evidence)
admin.add_command(readmodel)
admin.add_command(receipts)


# ---------------------------------------------------------------- employers


@admin.group("employer")
def employer() -> None:
    """单位。"""


@employer.command("register", examples=("hpf admin employer register --file 单位.json",))
@click.option("--file", required=True, type=_FILE, metavar="文件.json", help="单位开户信息")
@json_option
@pass_shell
def register(shell: Shell, file: Path) -> None:
    """单位开户。

    文件是 RegisterEmployerRequest 的 JSON：profile（名称、统一社会信用代码、经办人等）、
    branch_code、first_month 和单位、个人缴存比例的上下限。
    """
    request = collection.RegisterEmployerRequest()
    try:
        json_format.Parse(file.read_text(encoding="utf-8"), request)
    except (OSError, ValueError, json_format.ParseError) as error:
        raise InputError(f"文件 {file} 不是单位开户信息：{error}") from error
    reply = shell.staff().register_employer(request)
    shell.show(
        reply,
        tables.business_facts(reply.business),
        f"单位账号：{reply.business.employer_no}",
    )


employer.add_command(change_employer)
admin.add_command(policy)
admin.add_command(code)


# ---------------------------------------------------------------- certificates


@admin.group("certificate")
def certificate() -> None:
    """数字证书与单位的绑定。"""


@certificate.command("bind")
@click.argument("employer_no", metavar="单位账号")
@click.option("--file", required=True, type=_FILE, metavar="文件", help="证书，DER 或 PEM 格式")
@click.option(
    "--role", type=click.Choice([*_ROLES]), help="handler 经办，approver 复核；已绑定的随之改变"
)
@click.option("--name", "holder_name", default="", metavar="姓名", help="持有人，默认单位经办人")
@click.option(
    "--mobile", "holder_mobile", default="", metavar="手机号", help="持有人收验证码的手机"
)
@json_option
@pass_shell
def bind(
    shell: Shell,
    employer_no: str,
    file: Path,
    role: str | None,
    holder_name: str,
    holder_mobile: str,
) -> None:
    """把证书绑定到单位，经办用或复核用。"""
    binding = shell.staff().bind_certificate(
        employer_no,
        _der(file.read_bytes()),
        role=_ROLES[role] if role else auth.KEY_ROLE_UNSPECIFIED,
        holder_name=holder_name,
        holder_mobile=holder_mobile,
    )
    shell.show(auth.BindCertificateResponse(binding=binding), tables.bindings_table([binding]))


@certificate.command("unbind")
@click.option("--issuer", required=True, metavar="颁发者", help="与 list 所列一致")
@click.option("--serial", required=True, metavar="序列号", help="十六进制")
@yes_option
@json_option
@pass_shell
def unbind(shell: Shell, issuer: str, serial: str, yes: bool) -> None:
    """解除绑定。"""
    shell.confirm(f"解除证书 {serial} 的绑定？", yes=yes)
    binding = shell.staff().unbind_certificate(issuer, serial)
    shell.show(auth.UnbindCertificateResponse(binding=binding), tables.bindings_table([binding]))


@certificate.command("lost")
@click.option("--issuer", required=True, metavar="颁发者", help="与 list 所列一致")
@click.option("--serial", required=True, metavar="序列号", help="十六进制")
@yes_option
@json_option
@pass_shell
def lost(shell: Shell, issuer: str, serial: str, yes: bool) -> None:
    """挂失：立即解除绑定并结束其全部会话。"""
    shell.confirm(f"挂失证书 {serial}？", yes=yes)
    reply = shell.staff().report_loss(issuer, serial)
    shell.show(
        reply,
        tables.bindings_table([reply.binding]),
        f"已结束 {reply.ended_sessions} 个会话。",
    )


@certificate.command("list")
@click.option("--employer", "employer_no", default="", metavar="单位账号", help="只看一个单位")
@click.option("--page-token", default="", metavar="标记", help="从哪一页开始")
@json_option
@pass_shell
def list_bindings(shell: Shell, employer_no: str, page_token: str) -> None:
    """列出绑定。"""
    reply = shell.staff().bindings(employer_no, page_token=page_token)
    shell.show(reply, tables.bindings_table(reply.bindings))


def _der(content: bytes) -> bytes:
    """The certificate in DER, whichever way the file has it."""
    from asn1crypto import pem

    if not pem.detect(content):
        return content
    try:
        _, _, der = pem.unarmor(content)
    except ValueError as error:
        raise InputError("证书文件无法识别") from error
    return bytes(der)
