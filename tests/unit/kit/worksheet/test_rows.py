"""Repeated rows, typed access, and how errors name their place."""

from __future__ import annotations

import pytest

from services.kit.errors import Kind, Reason
from services.kit.months import YearMonth
from services.kit.sheets.columns import Choice, Column, ColumnKind
from services.kit.worksheet.rows import ParsedRow, Value
from services.kit.worksheet.spec import SheetSpec
from services.kit.worksheet.validation import repeated_rows

SPEC: SheetSpec[None] = SheetSpec(
    key="back_payment",
    title_zh="补缴",
    columns=(
        Column("account_no", "个人账号", ColumnKind.ACCOUNT_NO),
        Column("month", "开始年月", ColumnKind.MONTH),
    ),
    unique=(("account_no", "month"),),
)
FLOOR = Reason("BASE_BELOW_FLOOR", Kind.INPUT, "below {floor}", "缴存基数不能低于 {floor} 元")


def row(number: int, **values: Value) -> ParsedRow:
    return ParsedRow(f"id{number}", number, number + 1, {}, values)


def test_rows_that_share_the_unique_values_are_all_errors() -> None:
    june, july = YearMonth(2019, 6), YearMonth(2019, 7)
    rows = [
        row(1, account_no="1", month=june),
        row(2, account_no="1", month=july),
        row(3, account_no="1", month=june),
        row(4, account_no="1", month=june),
    ]
    found = repeated_rows(SPEC, rows)
    assert [(each.row_number, each.error.field, each.error.zh) for each in found] == [
        (1, "account_no", "与第 3、4 行的个人账号、开始年月重复"),
        (3, "account_no", "与第 1、4 行的个人账号、开始年月重复"),
        (4, "account_no", "与第 1、3 行的个人账号、开始年月重复"),
    ]


def test_rows_without_all_unique_values_are_not_compared() -> None:
    assert repeated_rows(SPEC, [row(1, account_no="1"), row(2, account_no="1")]) == []


def test_error_of_a_row_says_where_and_what() -> None:
    error = row(3).error("base", FLOOR, floor="1600.00")
    assert (error.row_id, error.row_number, error.file_row) == ("id3", 3, 4)
    field = error.as_field_error()
    assert (field.path, field.reason) == ("rows[3].base", "BASE_BELOW_FLOOR")
    assert field.zh == "缴存基数不能低于 1600.00 元"


def test_error_of_the_header_and_of_a_whole_row() -> None:
    header = ParsedRow("", 0, 0, {}, {})
    assert header.error("total", FLOOR, floor="1").as_field_error().path == "header.total"
    assert row(2).error("", FLOOR, floor="1").as_field_error().path == "rows[2]"


def test_values_are_had_by_their_type() -> None:
    one = row(1, base=160000, name="张三", month=YearMonth(2019, 9))
    assert (one.fen("base"), one.text("name"), one.month("month")) == (
        160000,
        "张三",
        YearMonth(2019, 9),
    )
    assert one.percent("rate", 12) == 12
    with pytest.raises(TypeError):
        one.fen("name")
    with pytest.raises(KeyError):
        one.text("mobile")


def test_code_tables_of_the_store_fill_declared_columns() -> None:
    spec: SheetSpec[str] = SheetSpec(
        key="seal",
        title_zh="个人封存",
        columns=(Column("reason", "封存原因", ColumnKind.CODE), Column("note", "说明")),
        choices=lambda city: {"reason": [Choice("01", f"{city}退休")]},
    )
    filled = spec.with_choices_of("张家口")
    assert filled.columns[0].choices == (Choice("01", "张家口退休"),)
    assert filled.columns[1] == spec.columns[1]
