"""`hpf admin business|reverse`: any employer's business by its number, and taking it back by new entries (冲正)."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click
from hpf.common.v1.business_pb2 import BUSINESS_STATE_PENDING, BUSINESS_STATE_REJECTED
from hpf.deposit.v1 import deposit_service_pb2 as deposit
from rich.table import Table

from client.cli import tables
from client.cli.chinese import command
from client.cli.parameters import Day
from client.cli.screen import china_time
from client.cli.shell import Shell, json_option, pass_shell, yes_option
from client.errors import hall_error, read_status

if TYPE_CHECKING:
    from client.bus import Staff

#: A reversal between two services takes some ten milliseconds; past this somebody has to look.
OUTCOME_PATIENCE_S = 30.0
OUTCOME_POLL_S = 0.2


@command("business", examples=("hpf admin business 202611230000017",))
@click.argument("registration_no", metavar="登记号")
@json_option
@pass_shell
def business(shell: Shell, registration_no: str) -> None:
    """按登记号查询任一单位的缴存业务：谁办理的，是否已冲正。"""
    found = shell.staff().find_business(registration_no)
    shell.show(found, _facts(found))


@command(
    "reverse",
    examples=(
        "hpf admin reverse 202611230000017 --reason 单位账号填写错误",
        "hpf admin reverse 202611230000009 --reason 错记单位 --to-unallocated",
        "hpf admin reverse 202611230000009 --reason 银行退汇 --recalled-on 2026-11-25",
    ),
)
@click.argument("registration_no", metavar="登记号")
@click.option("--reason", required=True, metavar="原因", help="冲正原因，记入审计记录")
@click.option("--to-unallocated", is_flag=True, help="仅限单位来款：款项转为待分配，可记入另一单位")
@click.option(
    "--recalled-on",
    default=None,
    type=Day(),
    metavar="日期",
    help="仅限单位来款：银行收回款项的日期，默认今天；银行从未有过该笔来款的，填其到账日期",
)
@yes_option
@json_option
@pass_shell
def reverse(
    shell: Shell,
    registration_no: str,
    reason: str,
    to_unallocated: bool,
    recalled_on: str | None,
    yes: bool,
) -> None:
    """冲正汇缴、补缴或单位来款：登记方向相反的新分录，原分录不变。"""
    staff = shell.staff()
    if not yes:
        shell.draw(_facts(staff.find_business(registration_no)))
        shell.confirm("冲正这笔业务？", yes=yes)
    request = deposit.ReverseBusinessRequest(
        registration_no=registration_no,
        reason=reason,
        to_unallocated=to_unallocated,
        recalled_on=recalled_on or "",
    )
    with shell.waiting("正在冲正…"):
        begun = staff.reverse_business(request).business
        found = _outcome(staff, begun.registration_no)
    shell.show(found, _facts(found))
    if found.business.state == BUSINESS_STATE_PENDING:
        shell.say(f"冲正仍在办理，稍后查询：hpf admin business {begun.registration_no}")


@command("give-up", examples=("hpf admin give-up 202611230000017 --reason 名册长时间无答复",))
@click.argument("registration_no", metavar="登记号")
@click.option("--reason", required=True, metavar="原因", help="终止原因，记入审计记录并告知单位")
@yes_option
@json_option
@pass_shell
def give_up(shell: Shell, registration_no: str, reason: str, yes: bool) -> None:
    """终止一笔长时间等待名册答复的汇缴、补缴或冲正：不作任何入账，单位可重新办理。"""
    staff = shell.staff()
    if not yes:
        shell.draw(_facts(staff.find_business(registration_no)))
        shell.confirm("终止这笔业务？", yes=yes)
    found = staff.give_up_business(registration_no, reason=reason)
    shell.show(found, f"已终止，名册解除占用后即告办结：hpf admin business {registration_no}")


def _outcome(staff: Staff, registration_no: str) -> deposit.FindBusinessResponse:
    """The reversal when it is decided, or still pending; raises HallError when it was refused."""
    ends_at = time.monotonic() + OUTCOME_PATIENCE_S
    found = staff.find_business(registration_no)
    while found.business.state == BUSINESS_STATE_PENDING and time.monotonic() < ends_at:
        time.sleep(OUTCOME_POLL_S)
        found = staff.find_business(registration_no)
    if found.business.state == BUSINESS_STATE_REJECTED:
        raise hall_error(read_status(found.business.rejection))
    return found


def _facts(found: deposit.FindBusinessResponse) -> Table:
    picture = tables.business_facts(found.business)
    more = [
        ("单位账号", found.business.employer_no),
        ("起止年月", tables.months(found.from_month, found.to_month)),
        ("办理", f"{china_time(found.submitted_at)}  {found.submitted_by}"),
        ("冲正了", found.reverses_registration_no),
        ("被冲正", found.reversed_by_registration_no),
        ("重新登记自", found.replaces_registration_no),
        ("重新登记为", found.replaced_by_registration_no),
        ("原因", found.reason),
    ]
    for label, value in more:
        if value and value != "-":
            picture.add_row(label, value)
    return picture
