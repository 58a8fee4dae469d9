"""`hpf seal`, `unseal`, `base-change`, `transfer`, `back-payment`: `hpf worksheet` with the business chosen.

Each is the same list screen with the same buttons (manual §5.2–5.4, §5.7, §6.2).
"""

from __future__ import annotations

import click

from client.cli.chinese import command, group
from client.cli.parameters import Yuan
from client.cli.sheet_tables import worksheet_state
from client.cli.shell import Shell, json_option, pass_shell
from client.cli.worksheet import VERBS, choose, sheet
from services.kit.money import format_yuan


def _list_of(name: str, business: str, *, explained: str, examples: tuple[str, ...]) -> click.Group:
    """A group of the list screen's buttons for one business."""

    @click.pass_context
    def chosen(context: click.Context) -> None:
        choose(context, business)

    chosen.__doc__ = explained
    made: click.Group = group(name, examples=examples)(chosen)
    for verb in VERBS:
        made.add_command(verb)
    return made


seal = _list_of(
    "seal",
    "seal",
    explained="个人封存：从启用年月起停止缴存。",
    examples=(
        "hpf seal add account_no=2070000000019 seal_reason=退休 effective_month=202612",
        "hpf seal submit",
    ),
)
unseal = _list_of(
    "unseal",
    "unseal",
    explained="个人启封：以新的缴存基数恢复缴存。",
    examples=(
        "hpf unseal add account_no=2070000000019 base=5000.00 effective_month=202612 unseal_kind=正常启封",
        "hpf unseal template --prefilled -o 启封.xlsx",
        "hpf unseal import 启封.xlsx && hpf unseal submit",
    ),
)
base_change = _list_of(
    "base-change",
    "base_change",
    explained="缴存基数调整：只调整基数，从下一个应缴月起生效。",
    examples=(
        "hpf base-change add account_no=2070000000019 base=6000.00",
        "hpf base-change template --prefilled -o 基数.xlsx",
        "hpf base-change import 基数.xlsx && hpf base-change submit",
    ),
)
transfer = _list_of(
    "transfer",
    "transfer",
    explained="个人账户同城转移：把职工连同全部余额转入本市另一单位。",
    examples=(
        "hpf transfer target 10700000028",
        "hpf transfer header target_employer_no=10700000028",
        "hpf transfer add account_no=2070000000019 && hpf transfer submit",
    ),
)
back_payment = _list_of(
    "back-payment",
    "back_payment",
    explained="补缴：为职工补缴以前的月份，款项从暂存款转出。",
    examples=(
        "hpf back-payment header --kind 不定额补缴 --amount 200.00 --headcount 1",
        "hpf back-payment add account_no=2070000000019 amount=200.00 from_month=201907 to_month=201908",
        "hpf back-payment submit",
    ),
)


@command("header")
@click.option("--kind", type=click.Choice(["正常全额补缴", "不定额补缴"]), help="补缴类型")
@click.option("--amount", "amount_fen", type=Yuan(), metavar="元", help="补缴金额，等于各行合计")
@click.option("--headcount", type=click.IntRange(min=1), metavar="人数", help="补缴人数")
@json_option
@pass_shell
@click.pass_context
def _back_payment_header(
    context: click.Context,
    shell: Shell,
    kind: str | None,
    amount_fen: int | None,
    headcount: int | None,
) -> None:
    """填写清单上方的补缴类型、补缴金额和补缴人数；没有写到的不变。"""
    given = {
        "kind": kind,
        "amount": None if amount_fen is None else format_yuan(amount_fen),
        "headcount": None if headcount is None else str(headcount),
    }
    typed = {key: text for key, text in given.items() if text is not None}
    if not typed:
        raise click.UsageError("请写明 --kind、--amount 或 --headcount")
    chosen = sheet(context, shell)
    before = dict(chosen.page(page_size=1).worksheet.header)
    state = chosen.set_header({**before, **typed})
    shell.show(state, worksheet_state(state))


# In place of 字段=内容: this business always has the same three.
back_payment.add_command(_back_payment_header)

LISTS = (seal, unseal, base_change, transfer, back_payment)
