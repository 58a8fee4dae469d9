"""`hpf admin readmodel`: the tables that queries are answered from; how far they are, rebuilt, checked (manual 四)."""

from __future__ import annotations

import time

import click
from hpf.query.v1 import query_service_pb2 as query
from rich.table import Table

from client.cli.chinese import group
from client.cli.shell import Shell, json_option, pass_shell, yes_option
from client.cli.tables import facts, table

#: How often a running rebuild is looked at.
_LOOK_S = 1.0

_PURPOSE_ZH = {query.REPLAY_PURPOSE_REBUILD: "重建", query.REPLAY_PURPOSE_VERIFY: "核对"}
_STATE_ZH = {
    query.REPLAY_STATE_RUNNING: "进行中",
    query.REPLAY_STATE_SWITCHED: "已切换",
    query.REPLAY_STATE_VERIFIED: "已核对",
    query.REPLAY_STATE_FAILED: "未能完成",
}


@group("readmodel")
def readmodel() -> None:
    """查询数据（由业务事件生成，可随时重建）。"""


@readmodel.command("status")
@json_option
@pass_shell
def status(shell: Shell) -> None:
    """查询数据的规模，以及最近一次重建或核对。"""
    reply = shell.staff().read_model()
    counts = facts(
        "查询数据",
        [
            ("单位", f"{reply.employers:,}"),
            ("职工", f"{reply.people:,}"),
            ("个人明细", f"{reply.ledger_lines:,}"),
            ("单位明细", f"{reply.statement_lines:,}"),
            ("已处理事件", f"{reply.events_applied:,}"),
        ],
    )
    replays = replay_tables(reply.replay) if reply.HasField("replay") else []
    shell.show(reply, counts, *replays)


@readmodel.command("rebuild")
@yes_option
@json_option
@pass_shell
def rebuild(shell: Shell, yes: bool) -> None:
    """从业务事件重建查询数据，完成后切换；期间查询照常。有事件无法处理时退出码为 1。"""
    shell.confirm("重建查询数据？", yes=yes)
    replay = _replayed(shell, query.REPLAY_PURPOSE_REBUILD)
    shell.show(replay, *replay_tables(replay))
    _end_with_failure(replay)


@readmodel.command("verify")
@json_option
@pass_shell
def verify(shell: Shell) -> None:
    """与业务事件逐行核对查询数据；不一致时退出码为 1。"""
    replay = _replayed(shell, query.REPLAY_PURPOSE_VERIFY)
    if replay.state == query.REPLAY_STATE_FAILED:
        shell.show(replay, *replay_tables(replay))
        _end_with_failure(replay)
    verdict = "查询数据与业务事件一致。" if not replay.differences else "查询数据不一致，请重建！"
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
    shell.show(replay, *replay_tables(replay), f"{compared}  {verdict}", *lost)
    if replay.differences or replay.failure:
        raise click.exceptions.Exit(1)


def _replayed(shell: Shell, purpose: query.ReplayPurpose) -> query.Replay:
    """Start a replay and look until it has ended."""
    staff = shell.staff()
    replay = staff.start_replay(purpose)
    with shell.watching("正在读取业务事件") as bar:
        while replay.state == query.REPLAY_STATE_RUNNING:
            bar(
                sum(each.position for each in replay.owners),
                sum(each.last_position for each in replay.owners),
            )
            time.sleep(_LOOK_S)
            replay = staff.read_model().replay
    return replay


def _end_with_failure(replay: query.Replay) -> None:
    if replay.state == query.REPLAY_STATE_FAILED:
        raise click.exceptions.Exit(1)


def replay_tables(replay: query.Replay) -> list[Table]:
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
