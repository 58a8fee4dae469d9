"""`hpf admin receipts`: documents that could not be made, and handing out any of them at the counter."""

from __future__ import annotations

from pathlib import Path

import click
from hpf.receipt.v1 import receipt_service_pb2 as receipt

from client.cli import tables
from client.cli.chinese import group
from client.cli.parameters import output_option
from client.cli.shell import Shell, json_option, pass_shell

_page_token_option = click.option(
    "--page-token", default="", metavar="标记", help="从哪一页开始（--json 输出的 next_page_token）"
)


@group(
    "receipts",
    examples=(
        "hpf admin receipts list 10700000010",
        "hpf admin receipts download 202611230000017 -o 回单.pdf",
    ),
)
def receipts() -> None:
    """业务回单、缴存证明、缴存凭证：柜台出具、生成失败的处理。"""


@receipts.command("list")
@click.argument("employer_no", metavar="单位账号")
@_page_token_option
@json_option
@pass_shell
def list_receipts(shell: Shell, employer_no: str, page_token: str) -> None:
    """列出一个单位（包括已注销的）的回单、证明和凭证，最近的在前。"""
    reply = shell.staff().employer_receipts(employer_no, page_token=page_token)
    shell.show(reply, tables.receipts_table(reply.receipts))
    if reply.next_page_token:
        shell.say(
            f"下一页：hpf admin receipts list {employer_no} --page-token {reply.next_page_token}"
        )


@receipts.command("download")
@click.argument("registration_no", metavar="登记号")
@output_option
@pass_shell
def download(shell: Shell, registration_no: str, output: Path) -> None:
    """在柜台出具一张回单：记为一次打印，经手人记入打印记录。"""
    with shell.waiting("正在取回单…"):
        done = shell.staff().hand_out_receipt(registration_no, output)
    shell.say(f"已保存到 {done.path}（{done.size_bytes:,} 字节）")


@receipts.command("failed")
@_page_token_option
@json_option
@pass_shell
def failed(shell: Shell, page_token: str) -> None:
    """列出生成失败的回单和原因。"""
    reply = shell.staff().failed_receipts(page_token=page_token)
    picture = tables.table("生成失败的回单", "登记号", "回单", "原因")
    for each in reply.receipts:
        picture.add_row(each.document_no, each.title, each.failure)
    shell.show(reply, picture)
    if reply.next_page_token:
        shell.say(f"下一页：hpf admin receipts failed --page-token {reply.next_page_token}")


@receipts.command("render-again")
@click.argument("registration_no", metavar="登记号")
@json_option
@pass_shell
def render_again(shell: Shell, registration_no: str) -> None:
    """按保存的内容重新生成回单。"""
    found = shell.staff().render_again(registration_no)
    shell.show(receipt.RenderReceiptAgainResponse(receipt=found), tables.receipts_table([found]))
