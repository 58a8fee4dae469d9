"""`hpf admin audit`: who did what, and whether the trail is whole."""

from __future__ import annotations

import json
from datetime import UTC
from pathlib import Path

import click

from client.cli import tables
from client.cli.chinese import group
from client.cli.shell import Shell, json_option, pass_shell
from client.errors import InputError
from services.kit.clock import CHINA


@group("audit", examples=("hpf admin audit list", "hpf admin audit verify"))
def audit() -> None:
    """操作审计记录。"""


@audit.command("list", examples=("hpf admin audit list --employer 10700000010",))
@click.option("--employer", "employer_no", default="", metavar="单位账号", help="只看一个单位")
@click.option("--page-token", default="", metavar="标记", help="从哪一页开始")
@json_option
@pass_shell
def list_entries(shell: Shell, employer_no: str, page_token: str) -> None:
    """列出登录、证书和业务的记录，最新的在前。"""
    reply = shell.staff().audit_entries(employer_no, page_token=page_token)
    picture = tables.table("审计记录", "时间", "单位账号", "事项", "结果", "登记号", "证书", "来源")
    for each in reply.entries:
        at = each.at.ToDatetime(tzinfo=UTC).astimezone(CHINA)
        source = each.address or each.actor
        picture.add_row(
            f"{at:%Y-%m-%d %H:%M:%S}",
            each.employer_no,
            each.step,
            each.outcome,
            each.registration_no,
            each.certificate.rpartition("#")[2],
            source,
        )
    shell.show(reply, picture)


@audit.command("verify", examples=("hpf admin audit verify --anchor /media/审计锚点.json",))
@click.option(
    "--anchor",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="文件",
    help="上次核对到哪一条：与之比较，核对无误后更新；应放在数据库管理员碰不到的地方",
)
@json_option
@pass_shell
def verify(shell: Shell, anchor: Path | None) -> None:
    """核对审计记录是否被改动、删除或截断（逐条核对哈希链）；有问题时退出码为 1。"""
    position, known = _read_anchor(anchor)
    with shell.waiting("正在核对…"):
        reply = shell.staff().verify_audit_trail(known_position=position, known_hash=known)
    verdict = "完整，未被改动"
    if reply.first_broken:
        verdict = f"第 {reply.first_broken} 条起缺失或与哈希链不符"
    elif anchor is not None:
        _write_anchor(anchor, reply.intact_entries, reply.last_hash)
    shell.show(
        reply,
        tables.facts(
            "审计记录", [("核对无误的条数", str(reply.intact_entries)), ("结论", verdict)]
        ),
    )
    if reply.first_broken:
        raise click.exceptions.Exit(1)


def _read_anchor(path: Path | None) -> tuple[int, bytes]:
    if path is None or not path.exists():
        return 0, b""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        return int(kept["position"]), bytes.fromhex(kept["hash"])
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} 不是审计锚点文件") from error


def _write_anchor(path: Path, position: int, last_hash: bytes) -> None:
    fresh = path.with_name(f".{path.name}")
    fresh.write_text(json.dumps({"position": position, "hash": last_hash.hex()}), encoding="utf-8")
    fresh.replace(path)
