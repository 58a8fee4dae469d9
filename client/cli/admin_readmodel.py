"""`hpf admin readmodel`: what queries and receipts keep of business events; how far, rebuilt, checked (manual 四)."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import click
from hpf.common.v1 import replay_pb2
from hpf.query.v1 import query_service_pb2 as query
from hpf.receipt.v1 import receipt_service_pb2 as receipt
from rich.table import Table

from client.bus import Staff
from client.cli.chinese import group
from client.cli.shell import Shell, json_option, pass_shell, yes_option
from client.cli.tables import facts, table

#: How often a running rebuild is looked at.
_LOOK_S = 1.0

Replay = query.Replay | replay_pb2.Replay
Standing = query.GetReadModelResponse | receipt.GetReadModelResponse

_PURPOSE_ZH: dict[int, str] = {
    query.REPLAY_PURPOSE_REBUILD: "重建",
    query.REPLAY_PURPOSE_VERIFY: "核对",
}
_STATE_ZH: dict[int, str] = {
    query.REPLAY_STATE_RUNNING: "进行中",
    query.REPLAY_STATE_SWITCHED: "已切换",
    query.REPLAY_STATE_VERIFIED: "已核对",
    query.REPLAY_STATE_FAILED: "未能完成",
}


@dataclass(frozen=True)
class _Kept:
    """What one service keeps of business events."""

    title: str
    stands: Callable[[Staff], Standing]
    rebuild: Callable[[Staff], Replay]
    verify: Callable[[Staff], Replay]


_KEPT = {
    "query": _Kept(
        "查询数据",
        lambda staff: staff.read_model(),
        lambda staff: staff.start_replay(query.REPLAY_PURPOSE_REBUILD),
        lambda staff: staff.start_replay(query.REPLAY_PURPOSE_VERIFY),
    ),
    "receipt": _Kept(
        "回单索引",
        lambda staff: staff.receipt_read_model(),
        lambda staff: staff.start_receipt_replay(replay_pb2.REPLAY_PURPOSE_REBUILD),
        lambda staff: staff.start_receipt_replay(replay_pb2.REPLAY_PURPOSE_VERIFY),
    ),
}

_of = click.option(
    "--of",
    "name",
    type=click.Choice(list(_KEPT)),
    default="query",
    show_default=True,
    help="查询数据（query）或回单索引（receipt）",
)


@group("readmodel")
def readmodel() -> None:
    """查询数据和回单索引（由业务事件生成，可随时重建）。"""


@readmodel.command("status")
@_of
@json_option
@pass_shell
def status(shell: Shell, name: str) -> None:
    """数据的规模，以及最近一次重建或核对。"""
    reply = _KEPT[name].stands(shell.staff())
    replays = replay_tables(reply.replay) if reply.HasField("replay") else []
    shell.show(reply, facts(_KEPT[name].title, _counts(reply)), *replays)


def _counts(reply: Standing) -> list[tuple[str, str]]:
    common = [("单位", f"{reply.employers:,}"), ("职工", f"{reply.people:,}")]
    if isinstance(reply, query.GetReadModelResponse):
        own = [
            ("个人明细", f"{reply.ledger_lines:,}"),
            ("单位明细", f"{reply.statement_lines:,}"),
        ]
    else:
        own = [
            ("业务回单、凭证", f"{reply.documents:,}"),
            ("已冲正", f"{reply.reversed_businesses:,}"),
        ]
    return [*common, *own, ("已处理事件", f"{reply.events_applied:,}")]


@readmodel.command("rebuild")
@_of
@yes_option
@json_option
@pass_shell
def rebuild(shell: Shell, name: str, yes: bool) -> None:
    """从业务事件重建，完成后切换；期间业务照常。已出具的回单不变。未能完成时退出码为 1。"""
    shell.confirm(f"重建{_KEPT[name].title}？", yes=yes)
    replay = _to_its_end(shell, _KEPT[name], _KEPT[name].rebuild)
    shell.show(replay, *replay_tables(replay))
    _end_with_failure(replay)


@readmodel.command("verify")
@_of
@json_option
@pass_shell
def verify(shell: Shell, name: str) -> None:
    """与业务事件逐行核对；不一致或未能完成时退出码为 1。"""
    kept = _KEPT[name]
    replay = _to_its_end(shell, kept, kept.verify)
    if replay.state == query.REPLAY_STATE_FAILED:
        shell.show(replay, *replay_tables(replay))
        _end_with_failure(replay)
    verdict = "与业务事件一致。" if not replay.differences else "不一致，请重建！"
    compared = (
        f"已核对单位 {replay.employers_compared}，期间有变动未核对 {replay.employers_skipped}"
    )
    lost = (
        [
            f"业务系统没有此事件（来源 单位 版本）：{replay.failure}，可能恢复了较早的备份，请勿重建！"
        ]
        if replay.failure
        else []
    )
    shell.show(replay, *replay_tables(replay), f"{compared}  {kept.title}{verdict}", *lost)
    if replay.differences or replay.failure:
        raise click.exceptions.Exit(1)


def _to_its_end(shell: Shell, kept: _Kept, start: Callable[[Staff], Replay]) -> Replay:
    """Start a replay and look until it has ended."""
    staff = shell.staff()
    replay = start(staff)
    with shell.watching("正在读取业务事件") as bar:
        while replay.state == query.REPLAY_STATE_RUNNING:
            bar(
                sum(each.position for each in replay.owners),
                sum(each.last_position for each in replay.owners),
            )
            time.sleep(_LOOK_S)
            replay = kept.stands(staff).replay
    return replay


def _end_with_failure(replay: Replay) -> None:
    if replay.state == query.REPLAY_STATE_FAILED:
        raise click.exceptions.Exit(1)


def replay_tables(replay: Replay) -> list[Table]:
    """A rebuild or check: how far it is, and what it found."""
    title = f"{_PURPOSE_ZH.get(replay.purpose, '')} {replay.replay_no}"
    progress = table(
        f"{title}  {_STATE_ZH.get(replay.state, '')}",
        "来源", "已处理事件", "已读到", "最新",
        right=("已处理事件", "已读到", "最新"),
    )  # fmt: skip
    for each in replay.owners:
        progress.add_row(
            each.owner, f"{each.events:,}", f"{each.position:,}", f"{each.last_position:,}"
        )
    if replay.state == query.REPLAY_STATE_FAILED:
        where = facts("", [("无法处理的事件（来源 单位 版本 类型 原因）", replay.failure)])
        return [progress, where]
    if not replay.differences:
        return [progress]
    differences = table("不一致", "表", "多出的行", "缺少的行", right=("多出的行", "缺少的行"))
    for found in replay.differences:
        differences.add_row(found.table, f"{found.only_running:,}", f"{found.only_replayed:,}")
    return [progress, differences]
