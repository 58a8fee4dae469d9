"""`hpf receipt`, `certificate`, `voucher`: 业务回单, 缴存证明, 缴存凭证 as PDF (manual 五 to 七)."""

from __future__ import annotations

from pathlib import Path

import click
from hpf.receipt.v1 import receipt_service_pb2 as pb

from client import titles
from client.cli import tables
from client.cli.chinese import command, group
from client.cli.parameters import Day, output_option
from client.cli.shell import Shell, json_option, pass_shell

_PAPERS = {title: paper for paper, title in titles.PAPER.items()}


@group("receipt", examples=("hpf receipt list", "hpf receipt download 202611230000017 -o 回单.pdf"))
def receipt() -> None:
    """业务回单。"""


@receipt.command("list")
@click.option(
    "--page-token", default="", metavar="标记", help="从哪一页开始（--json 输出的 next_page_token）"
)
@click.option(
    "--paper", type=click.Choice(list(_PAPERS)), metavar="|".join(_PAPERS), help="只列一种"
)
@json_option
@pass_shell
def list_receipts(shell: Shell, page_token: str, paper: str | None) -> None:
    """列出业务回单、缴存证明和缴存凭证，最近的在前。"""
    reply = shell.hall().receipts(
        paper=_PAPERS.get(paper or "", pb.PAPER_UNSPECIFIED), page_token=page_token
    )
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
@output_option
@pass_shell
def download(shell: Shell, registration_no: str, output: Path) -> None:
    """下载回单 PDF；尚未生成时等待。"""
    _save(shell, registration_no, output)


@command("certificate", examples=("hpf certificate -o 缴存证明.pdf",))
@output_option
@pass_shell
def certificate(shell: Shell, output: Path) -> None:
    """缴存证明打印：按当前缴存情况出具并下载。"""
    issued = shell.hall().issue_certificate()
    _save(shell, issued.document_no, output)


@group("voucher", examples=("hpf voucher print 2026-11-23 2026112320000002 -o 凭证.pdf",))
def voucher() -> None:
    """缴存凭证：交易日期和登记号在缴存明细（hpf statement）里查。"""


@voucher.command("show")
@click.argument("day", type=Day(), metavar="交易日期")
@click.argument("registration_no", metavar="登记号")
@json_option
@pass_shell
def show_voucher(shell: Shell, day: str, registration_no: str) -> None:
    """查看缴存凭证信息。"""
    found = shell.hall().voucher(day, registration_no)
    pairs = [("单位名称", found.employer_name), *((each.label, each.value) for each in found.facts)]
    shell.show(pb.GetVoucherResponse(voucher=found), tables.facts(found.title, pairs))
    if found.reversed_by:
        shell.say(f"该业务已冲正，冲正登记号 {found.reversed_by}")


@voucher.command("print")
@click.argument("day", type=Day(), metavar="交易日期")
@click.argument("registration_no", metavar="登记号")
@output_option
@pass_shell
def print_voucher(shell: Shell, day: str, registration_no: str, output: Path) -> None:
    """下载缴存凭证 PDF。"""
    issued = shell.hall().issue_voucher(day, registration_no)
    _save(shell, issued.document_no, output)


def _save(shell: Shell, registration_no: str, output: Path) -> None:
    with shell.watching("正在下载") as progress:
        done = shell.hall().download_receipt(registration_no, output, progress=progress)
    shell.say(f"已保存到 {done.path}（{done.size_bytes:,} 字节）")
