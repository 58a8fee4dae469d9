"""`hpf receipt`: 业务回单 as PDF."""

from __future__ import annotations

from pathlib import Path

import click
from hpf.receipt.v1 import receipt_service_pb2 as pb

from client.cli import tables
from client.cli.chinese import group
from client.cli.shell import Shell, json_option, pass_shell


@group("receipt", examples=("hpf receipt list", "hpf receipt download 202611230000017 -o 回单.pdf"))
def receipt() -> None:
    """业务回单。"""


@receipt.command("list")
@click.option(
    "--page-token", default="", metavar="标记", help="从哪一页开始（--json 输出的 next_page_token）"
)
@json_option
@pass_shell
def list_receipts(shell: Shell, page_token: str) -> None:
    """列出业务回单，最近的在前。"""
    reply = shell.hall().receipts(page_token=page_token)
    shell.show(reply, tables.receipts_table(reply.receipts))
    if reply.next_page_token:
        shell.say(f"下一页：hpf receipt list --page-token {reply.next_page_token}")


@receipt.command("show")
@click.argument("registration_no", metavar="登记号")
@json_option
@pass_shell
def show(shell: Shell, registration_no: str) -> None:
    """查看一张回单的状态。"""
    found = shell.hall().receipt(registration_no)
    shell.show(pb.GetReceiptResponse(receipt=found), tables.receipts_table([found]))


@receipt.command("download")
@click.argument("registration_no", metavar="登记号")
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path),
    default=Path(),
    metavar="文件",
    help="保存到哪里",
)
@pass_shell
def download(shell: Shell, registration_no: str, output: Path) -> None:
    """下载回单 PDF；尚未生成时等待。"""
    with shell.watching("正在下载回单") as progress:
        done = shell.hall().download_receipt(registration_no, output, progress=progress)
    shell.say(f"已保存到 {done.path}（{done.size_bytes:,} 字节）")
