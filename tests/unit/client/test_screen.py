"""Tables on a narrow screen: nothing is cut short."""

from __future__ import annotations

from io import StringIO

from hpf.deposit.v1 import deposit_service_pb2 as deposit
from hpf.query.v1.query_service_pb2 import Person
from rich.console import Console

from client.cli.admin_books import books_tables
from client.cli.screen import print_whole
from client.cli.tables import people_table

PERSON = Person(
    account_no="2070000000019",
    name="李𠮷祥",
    id_number="130702198001010021",
    status="01",
    balance_fen=10_484_624_00,
    base_fen=1_631_700,
    employer_share_fen=195_804,
    employee_share_fen=163_170,
)


def printed(*, width: int, full_ids: bool = False) -> str:
    out = StringIO()
    print_whole(Console(file=out, width=width), people_table([PERSON], full_ids=full_ids))
    return out.getvalue()


def test_amounts_are_whole_on_a_narrow_screen() -> None:
    shown = printed(width=60)

    assert "10,484,624.00" in shown
    assert "16,317.00" in shown
    assert "3,589.74" in shown
    assert "…" not in shown


def test_id_numbers_are_masked_unless_asked_for() -> None:
    assert "130***********0021" in printed(width=200)
    assert "130702198001010021" in printed(width=200, full_ids=True)


def test_the_screen_keeps_its_width() -> None:
    console = Console(file=StringIO(), width=60)

    print_whole(console, people_table([PERSON], full_ids=False))

    assert console.width == 60


def test_what_breaks_in_the_books_is_named_in_chinese_with_money_as_yuan() -> None:
    reply = deposit.CheckBooksResponse(
        findings=[
            deposit.BooksFinding(
                invariant_zh="暂存款", subject="E", expected_fen=123_456, found_fen=0
            ),
            deposit.BooksFinding(
                invariant_zh="月份", subject="A", expected_fen=201_908, found_fen=0, is_number=True
            ),
        ]
    )
    out = StringIO()

    print_whole(Console(file=out, width=100), books_tables(reply)[1])

    shown = [line.split() for line in out.getvalue().splitlines()]
    assert ["暂存款", "E", "1,234.56", "0.00"] in shown
    assert ["月份", "A", "201908", "0"] in shown
