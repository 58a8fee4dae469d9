"""Tables on a narrow screen: nothing is cut short."""

from __future__ import annotations

from io import StringIO

from hpf.query.v1.query_service_pb2 import Person
from rich.console import Console

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
