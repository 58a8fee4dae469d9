"""`hpf verify FILE|CODE`: is this document the centre's, and unchanged? Anyone may ask; no login is needed."""

from __future__ import annotations

from pathlib import Path

import click
from hpf.receipt.v1 import receipt_service_pb2 as pb
from rich.table import Table
from rich.text import Text

from client import titles
from client.cli import tables
from client.cli.chinese import command
from client.cli.shell import Shell, json_option, pass_shell
from client.errors import InputError

# The hall takes no larger file, and gives out none.
FILE_BYTES_MAX = 3_000_000

_SIGNATURE = {
    "INTACT": "签章有效，文件未被改动",
    "ALTERED": "签章无效，文件已被改动",
    "UNTRUSTED": "签章不是本中心的",
    "UNSIGNED": "文件没有签章",
}


@command(
    "verify",
    examples=(
        "hpf verify 回单.pdf                    核验文件",
        "hpf verify 7K2M-9QXA-4T6P-0111         核验纸质回单上的验证码",
        "hpf verify 回单.pdf --offline --seal-ca 根证书.pem   不联网，只验签章",
    ),
)
@click.argument("proof", metavar="文件|验证码")
@click.option("--offline", is_flag=True, help="不联网，只验文件的签章")
@click.option(
    "--seal-ca",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    envvar="HPF_SEAL_CA_FILE",
    metavar="文件",
    help="中心印章的根证书（PEM）；给出时同时验签章",
)
@json_option
@click.pass_context
@pass_shell
def verify(
    shell: Shell, context: click.Context, proof: str, offline: bool, seal_ca: Path | None
) -> None:
    """核验回单、证明、凭证的真伪。真实有效时退出码为 0，否则为 1。"""
    path = Path(proof)
    content = _read(path) if path.is_file() else b""
    if path.suffix and not content:
        raise InputError(f"没有可读的文件 {path}")
    if offline and not (content and seal_ca):
        raise click.UsageError("不联网核验需要文件和 --seal-ca")
    genuine = True
    if content and seal_ca:
        genuine = _tell_signature(shell, content, seal_ca)
    if not offline:
        reply = shell.hall().verify(code=proof, content=content)
        shell.show(reply, _picture(reply))
        genuine = genuine and reply.verdict == pb.VERDICT_GENUINE
    if not genuine:
        context.exit(1)


def _read(path: Path) -> bytes:
    if path.stat().st_size > FILE_BYTES_MAX:
        raise InputError(f"{path} 超过 {FILE_BYTES_MAX:,} 字节，不是中心出具的文件")
    return path.read_bytes()


def _tell_signature(shell: Shell, content: bytes, seal_ca: Path) -> bool:
    # Loads a library that nothing else here needs.
    from client.signature_check import SignatureVerdict, check_signature, read_certificates

    try:
        trusted = read_certificates(seal_ca.read_bytes())
    except ValueError:
        raise InputError(f"{seal_ca} 不是证书文件") from None
    verdict = check_signature(content, trusted=trusted)
    shell.err.print(_SIGNATURE[verdict.value], highlight=False)
    return verdict is SignatureVerdict.INTACT


def _picture(reply: pb.VerifyDocumentResponse) -> Table | Text:
    title = titles.VERDICT.get(reply.verdict, "未知")
    if not reply.HasField("document"):
        return Text(title)
    document = reply.document
    pairs = [
        ("文件", document.title),
        ("登记号", document.registration_no),
        ("单位账号", document.employer_no),
        ("单位名称", document.employer_name),
        ("日期", document.business_date),
        *((each.label, f"{each.value} {each.words}".strip()) for each in document.totals),
        ("打印次数", _prints(document)),
    ]
    if document.reversed:
        pairs.append(("注意", "该业务已冲正，本文件不再有效"))
    return tables.facts(title, pairs)


def _prints(document: pb.VerifiedDocument) -> str:
    if document.print_no:
        return f"第 {document.print_no} 次打印，共 {document.print_count} 次"
    return f"共 {document.print_count} 次"
