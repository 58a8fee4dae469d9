"""From cells of a file to typed rows: header by name, spoiled cells refused one by one."""

from __future__ import annotations

import pytest

from services.kit.errors import DomainError
from services.kit.sheets import errors
from services.kit.sheets.columns import Column, ColumnKind
from services.kit.sheets.parser import RawRow
from services.kit.sheets.reader import FileRow, plain_title, read_list

NAME = Column("name", "姓名", ColumnKind.NAME, required=True)
ID_NUMBER = Column("id_number", "证件号码", ColumnKind.ID_NUMBER, required=True)
ACCOUNT = Column("account_no", "个人账号", ColumnKind.ACCOUNT_NO, aliases_zh=("个人账户",))
RATE = Column("rate", "单位缴存比例(%)", ColumnKind.PERCENT)
BASE = Column("base", "缴存基数", ColumnKind.MONEY)
MONTH = Column("month", "启用年月", ColumnKind.MONTH)
COLUMNS = (NAME, ID_NUMBER, ACCOUNT, RATE, BASE, MONTH)

HEADER = ("姓名", "证件号码")
ZHANG = ("张三", "11010519491231002X")


def rows(*lines: tuple[object, ...]) -> list[RawRow]:
    return [RawRow(number, line) for number, line in enumerate(lines, start=1)]  # type: ignore[arg-type]  # cells as lists


def test_order_star_spaces_and_width_of_titles_do_not_matter() -> None:
    header = (" 缴存基数 ", "证件\n号码＊", "单位缴存比例（％）", "姓名*")
    found = read_list(
        rows(header, ("5000", "11010519491231002X", "12", "张三")), COLUMNS, row_limit=9
    )
    assert found == [
        FileRow(
            2, {"base": "5000", "id_number": "11010519491231002X", "rate": "12", "name": "张三"}
        )
    ]


def test_alias_of_a_title_is_known() -> None:
    found = read_list(rows((*HEADER, "个人账户"), (*ZHANG, "0012")), COLUMNS, row_limit=9)
    assert found[0].cells["account_no"] == "0012"


def test_title_lines_above_the_header_are_passed_over() -> None:
    found = read_list(rows(("张家口市某单位",), ("2020年",), HEADER, ZHANG), COLUMNS, row_limit=9)
    assert [row.file_row for row in found] == [4]


def test_file_row_numbers_stay_when_rows_are_blank() -> None:
    raw = [RawRow(3, HEADER), RawRow(7, ZHANG), RawRow(12, ZHANG)]
    assert [row.file_row for row in read_list(raw, COLUMNS, row_limit=9)] == [7, 12]


def test_rows_with_nothing_but_a_row_number_are_blank() -> None:
    found = read_list(rows(("行号", *HEADER), ("1", *ZHANG), (["n", "2"],)), COLUMNS, row_limit=9)
    assert len(found) == 1


def test_missing_required_column_is_named() -> None:
    with pytest.raises(DomainError) as caught:
        read_list(rows(("姓名", "缴存基数"), ("张三", "5000")), COLUMNS, row_limit=9)
    assert caught.value.reason is errors.HEADER_MISSING
    assert caught.value.zh == "表头缺少以下列：证件号码，请使用本业务的模板"


def test_column_that_nobody_reads_is_named_not_lost() -> None:
    with pytest.raises(DomainError) as caught:
        read_list(rows((*HEADER, "启用年用"), (*ZHANG, "202001")), COLUMNS, row_limit=9)
    assert caught.value.reason is errors.HEADER_UNKNOWN
    assert "启用年用" in caught.value.zh


def test_looked_up_columns_of_our_own_exports_are_passed_over() -> None:
    raw = rows(("行号", *HEADER, "状态", "错误原因"), ("1", *ZHANG, "正常", "x"))
    assert read_list(raw, COLUMNS, row_limit=9, ignored_titles_zh=["状态"])[0].cells.keys() == {
        "name",
        "id_number",
    }


def test_repeated_column_is_refused() -> None:
    with pytest.raises(DomainError) as caught:
        read_list(rows((*HEADER, "姓名*"), (*ZHANG, "李四")), COLUMNS, row_limit=9)
    assert caught.value.reason is errors.HEADER_REPEATED


@pytest.mark.parametrize("raw", [[], rows(HEADER)])
def test_list_without_rows_is_refused(raw: list[RawRow]) -> None:
    with pytest.raises(DomainError) as caught:
        read_list(raw, COLUMNS, row_limit=9)
    assert caught.value.reason is errors.FILE_HAS_NO_ROWS


def test_one_row_above_the_limit_is_refused() -> None:
    assert len(read_list(rows(HEADER, ZHANG, ZHANG), COLUMNS, row_limit=2)) == 2
    with pytest.raises(DomainError) as caught:
        read_list(rows(HEADER, ZHANG, ZHANG, ZHANG), COLUMNS, row_limit=2)
    assert caught.value.reason is errors.ROW_LIMIT_EXCEEDED
    assert "每次最多 2 条" in caught.value.zh


@pytest.mark.parametrize("place", [1, 2])
def test_numeric_id_or_account_number_is_refused_for_that_cell(place: int) -> None:
    line: list[object] = [*ZHANG, "0012"]
    line[place] = ["n", "440307197302160000"]
    (row,) = read_list(rows((*HEADER, "个人账号"), tuple(line)), COLUMNS, row_limit=9)
    key = ("name", "id_number", "account_no")[place]
    assert row.refused == {key: "CELL_IS_NUMBER"}
    assert row.cells[key] == "440307197302160000"


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        (["f", ""], "CELL_IS_FORMULA"),
        (["d", "2020-01-01"], "CELL_IS_DATE"),
        (["o", "True"], "CELL_UNREADABLE"),
        ("x" * 501, "CELL_TOO_LONG"),
    ],
)
def test_cell_of_a_wrong_kind_is_refused_for_that_cell(cell: object, reason: str) -> None:
    (row,) = read_list(rows((*HEADER, "缴存基数"), (*ZHANG, cell)), COLUMNS, row_limit=9)
    assert row.refused == {"base": reason}
    assert len(row.cells["base"]) <= 500


def test_numbers_dates_and_percent_cells_become_what_a_clerk_would_type() -> None:
    header = (*HEADER, "缴存基数", "启用年月", "单位缴存比例(%)")
    raw = rows(
        header,
        (*ZHANG, ["n", "16317.5"], ["d", "2020-01-31"], ["n", "0.12"]),
        (*ZHANG, ["n", "16317"], ["n", "202001"], ["n", "12"]),
        (*ZHANG, ["n", "16317"], ["n", "202001"], ["n", "0.1"]),
    )
    kept = [
        (r.cells["base"], r.cells["month"], r.cells["rate"])
        for r in read_list(raw, COLUMNS, row_limit=9)
    ]
    assert kept == [
        ("16317.5", "2020-01-31", "12"),
        ("16317", "202001", "12"),
        ("16317", "202001", "10"),
    ]


def test_titles_compare_without_width_spaces_and_stars() -> None:
    assert (
        plain_title("单位缴存比例（％） *") == plain_title("单位缴存比例(%)") == "单位缴存比例(%)"
    )
