"""`hpf admin dead-letters`: events that could not be handled, and sending them to their consumer again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import click
from google.rpc import code_pb2

from client.cli.chinese import group
from client.cli.shell import Shell, json_option, pass_shell, yes_option
from client.cli.tables import table
from client.errors import HallUnavailable, InputError, Refusal


@group("dead-letters")
def dead_letters() -> None:
    """未能处理的消息。"""


@dead_letters.command("list")
@json_option
@pass_shell
def list_letters(shell: Shell) -> None:
    """列出未能处理的消息和原因。"""
    now = datetime.now(UTC)
    with _reaching_the_broker():
        found = shell.dead_letters().list()
    if shell.as_json:
        shell.show_json(
            [
                {
                    "queue": each.queue,
                    "event_id": each.event_id,
                    "type": each.type,
                    "subject": each.subject,
                    "reason": each.reason,
                    "age_s": each.age_s(now),
                }
                for each in found
            ]
        )
        return
    picture = table(
        "未能处理的消息",
        "队列",
        "事件",
        "类型",
        "单位",
        "原因",
        "时长（秒）",
        right=("时长（秒）",),
    )
    for each in found:
        age = each.age_s(now)
        picture.add_row(
            each.queue, each.event_id, each.type, each.subject, each.reason, str(age or "-")
        )
    shell.draw(picture)


@dead_letters.command(
    "replay",
    examples=(
        "hpf admin dead-letters replay query.deposit.main --event 0b1e…",
        "hpf admin dead-letters replay query.deposit.main --all",
    ),
)
@click.argument("queue", metavar="队列")
@click.option("--event", "event_id", default="", metavar="编号", help="只重发这一条")
@click.option("--all", "whole", is_flag=True, help="重发该队列的全部消息")
@yes_option
@pass_shell
def replay(shell: Shell, queue: str, event_id: str, whole: bool, yes: bool) -> None:
    """排除原因后，把消息重新交给原来的处理者。"""
    if bool(event_id) == whole:
        raise click.UsageError("请用 --event 指定一条，或用 --all 重发全部")
    shell.confirm(f"重发 {queue} 的{'全部' if whole else '一条'}消息？", yes=yes)
    with _reaching_the_broker():
        count = shell.dead_letters().replay(queue, event_id=event_id)
    if not count:
        raise InputError(f"{queue} 中没有这样的消息")
    shell.say(f"已重发 {count} 条。")


@contextmanager
def _reaching_the_broker() -> Iterator[None]:
    from kombu.exceptions import OperationalError

    try:
        yield
    except (OperationalError, OSError):
        zh = "无法连接消息总线，请检查 AMQP_URI"
        raise HallUnavailable(Refusal(code_pb2.UNAVAILABLE, "BROKER_UNREACHABLE", zh)) from None
