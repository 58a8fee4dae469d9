"""What a workbook made by us holds: text stays text, amounts are numbers, templates guide the clerk."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Iterator
from datetime import date
from typing import Any

import openpyxl
import pytest

from services.kit.months import YearMonth
from services.kit.sheets.columns import Choice, Column, ColumnKind
from services.kit.sheets.writer import CellValue, list_bytes, template_bytes, write_list

ID_TYPE = Column(
    "id_type",
    "证件类型",
    ColumnKind.CODE,
    required=True,
    choices=(Choice("01", "身份证"), Choice("03", "护照")),
)
COLUMNS = (
    Column("name", "姓名", ColumnKind.NAME, required=True, example="张三", hint_zh="与证件一致"),
    ID_TYPE,
    Column("id_number", "证件号码", ColumnKind.ID_NUMBER, required=True),
    Column("base", "缴存基数", ColumnKind.MONEY),
    Column("month", "启用年月", ColumnKind.MONTH),
)
ROW: list[CellValue] = ["张三", "01", "11010519491231002X", 1631704, YearMonth(2020, 1)]


def sheet_of(content: bytes, title: str = "") -> Any:
    book = openpyxl.load_workbook(io.BytesIO(content))
    return book[title] if title else book.worksheets[0]


def test_amounts_are_numbers_and_everything_else_is_text() -> None:
    cells = sheet_of(list_bytes(COLUMNS, title_zh="清单", rows=[ROW]))[2]
    assert [cell.value for cell in cells] == [
        "张三",
        "身份证",
        "11010519491231002X",
        16317.04,
        "202001",
    ]
    assert [cell.data_type for cell in cells] == ["s", "s", "s", "n", "s"]
    assert cells[2].number_format == "@"
    assert cells[3].number_format == "#,##0.00"


@pytest.mark.parametrize(
    "text", ["=HYPERLINK(1)", "+1", "-1", "@x", "\t=1", "#N/A", "=", "00012", "{=1}", " x "]
)
def test_text_is_neutral_whatever_it_begins_with(text: str) -> None:
    columns = (COLUMNS[0], COLUMNS[2])
    cells = sheet_of(list_bytes(columns, title_zh="清单", rows=[[text, text]]))[2]
    assert [(cell.value, cell.data_type) for cell in cells] == [(text, "s"), (text, "s")]


def test_control_characters_are_left_out() -> None:
    cells = sheet_of(list_bytes(COLUMNS[:1], title_zh="清单", rows=[["张\x00\x1b三\uffff"]]))[2]
    assert cells[0].value == "张三"


def test_negative_amount_stays_a_number() -> None:
    cells = sheet_of(list_bytes(COLUMNS[3:4], title_zh="清单", rows=[[-35200]]))[2]
    assert (cells[0].value, cells[0].data_type) == (-352, "n")


def test_dates_are_written_as_people_read_them() -> None:
    columns = (Column("day", "交易日期", ColumnKind.DATE),)
    assert (
        sheet_of(list_bytes(columns, title_zh="明细", rows=[[date(2019, 6, 30)]]))["A2"].value
        == "2019-06-30"
    )


def test_template_marks_required_columns_and_keeps_them_text() -> None:
    sheet = sheet_of(template_bytes(COLUMNS, title_zh="个人账户设立", row_limit=2000))
    assert sheet.title == "个人账户设立"
    assert [cell.value for cell in sheet[1]] == [
        "姓名*",
        "证件类型*",
        "证件号码*",
        "缴存基数",
        "启用年月",
    ]
    assert sheet.max_row == 1
    assert sheet.freeze_panes == "A2"
    assert sheet.column_dimensions["C"].number_format == "@"


def test_template_offers_code_tables_as_drop_downs() -> None:
    content = template_bytes(COLUMNS, title_zh="个人账户设立", row_limit=2000)
    (validation,) = sheet_of(content).data_validations.dataValidation
    assert str(validation.sqref) == "B2:B2001"
    assert validation.formula1 == "选项!$A$1:$A$2"
    choices = sheet_of(content, "选项")
    assert choices.sheet_state == "hidden"
    assert [row[0].value for row in choices.rows] == ["身份证", "护照"]


def test_template_explains_every_column() -> None:
    content = template_bytes(COLUMNS, title_zh="个人账户设立", row_limit=2000)
    lines = [[cell.value for cell in row] for row in sheet_of(content, "填写说明").rows]
    assert ["姓名", "是", "张三", "与证件一致"] in lines
    assert ["证件类型", "是", None, "可选：身份证、护照"] in lines
    assert any("每次最多 2000 条" in str(line[0]) for line in lines)


def test_sheet_title_that_excel_would_refuse_is_mended() -> None:
    title = "单位/个人[基数]调整:" + "长" * 40
    sheet = sheet_of(list_bytes(COLUMNS[:1], title_zh=title, rows=[]))
    assert sheet.title == ("单位个人基数调整" + "长" * 40)[:31]


def test_memory_does_not_grow_with_the_rows() -> None:
    def rows(count: int) -> Iterator[list[CellValue]]:
        for _ in range(count):
            yield ROW

    def peak(count: int) -> int:
        tracemalloc.start()
        write_list(io.BytesIO(), COLUMNS, title_zh="清单", rows=rows(count))
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(10)  # caches
    assert peak(3000) < peak(300) + 300_000
