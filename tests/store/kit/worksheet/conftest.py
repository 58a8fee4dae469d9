"""A database with the worksheet tables, and one employer's draft on a connection that is rolled back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection, Engine, create_engine

from services.kit.errors import Kind, Reason
from services.kit.sheets.columns import Choice, Column, ColumnKind
from services.kit.sheets.parser import SheetParser
from services.kit.vault import Vault
from services.kit.worksheet.draft import Draft
from services.kit.worksheet.models import create_worksheet_tables
from services.kit.worksheet.rows import ParsedRow, ParsedSheet, RowError
from services.kit.worksheet.spec import EchoColumn, SheetSpec

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
FLOOR_FEN = 160000
BASE_BELOW_FLOOR = Reason("BASE_BELOW_FLOOR", Kind.INPUT, "below the floor", "基数低于 {floor} 元")
TOTAL_DIFFERS = Reason("TOTAL_DIFFERS", Kind.INPUT, "total differs", "合计与清单不符")


@dataclass
class Town:
    """What the owner's functions look things up in."""

    names: Mapping[str, str] = field(default_factory=dict)


def check_rows(_town: Town, sheet: ParsedSheet) -> Iterable[RowError]:
    for row in sheet.rows:
        if row.fen("base") < FLOOR_FEN:
            yield row.error("base", BASE_BELOW_FLOOR, floor="1600.00")
    if not sheet.complete or not sheet.header.has("total"):
        return
    if sheet.header.fen("total") != sum(row.fen("base") for row in sheet.rows):
        yield sheet.header.error("total", TOTAL_DIFFERS)


def echo(town: Town, rows: Sequence[ParsedRow]) -> Mapping[str, Mapping[str, str]]:
    return {
        row.row_id: {"found_name": town.names[row.text("account_no")]}
        for row in rows
        if row.has("account_no") and row.text("account_no") in town.names
    }


def prefill(town: Town) -> Iterable[Mapping[str, str]]:
    return [{"account_no": number, "name": name} for number, name in town.names.items()]


SPEC: SheetSpec[Town] = SheetSpec(
    key="base_change",
    title_zh="缴存基数调整",
    columns=(
        Column("account_no", "个人账号", ColumnKind.ACCOUNT_NO, required=True),
        Column("name", "姓名", ColumnKind.NAME),
        Column("base", "缴存基数", ColumnKind.MONEY, required=True),
        Column("reason", "原因", ColumnKind.CODE, choices=(Choice("01", "年度调整"),)),
    ),
    header=(Column("total", "合计", ColumnKind.MONEY),),
    unique=(("account_no",),),
    echo_columns=(EchoColumn("found_name", "账户姓名"),),
    row_limit=5,
    check_rows=check_rows,
    echo=echo,
    echo_header=lambda _town, header: {"seen": "是"} if header.has("total") else {},
    prefill=prefill,
)


@pytest.fixture(scope="session")
def worksheet_engine(new_database: Callable[[], str]) -> Iterator[Engine]:
    engine = create_engine(new_database())
    with engine.begin() as connection:
        create_worksheet_tables(connection)
    yield engine
    engine.dispose()


@pytest.fixture
def connection(worksheet_engine: Engine) -> Iterator[Connection]:
    with worksheet_engine.connect() as opened:
        opened.begin()
        yield opened
        opened.rollback()


@pytest.fixture
def draft_for(connection: Connection) -> Callable[[str], Draft[Town]]:
    """`draft_for("1001")`: that employer's draft."""
    vault = Vault("k1", {"k1": b"\1" * 32}, b"\2" * 32)

    def make(employer_no: str) -> Draft[Town]:
        return Draft(connection, vault, SPEC, employer_no, NOW, Town({"A1": "张三", "A2": "李四"}))

    return make


@pytest.fixture
def draft(draft_for: Callable[[str], Draft[Town]]) -> Draft[Town]:
    return draft_for("1001")


@pytest.fixture(scope="session")
def parser() -> Iterator[SheetParser]:
    made = SheetParser()
    yield made
    made.close()
