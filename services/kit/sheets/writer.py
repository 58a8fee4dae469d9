"""Lists as workbooks: templates to fill in, exports, and the error workbook (manual 导入, 导出, 批量错误信息; §4).

Rows are written as they come, so 100,000 of them take no more memory than ten. Everything a person typed is written
as text whatever it begins with, and in columns formatted as text, so that neither opening nor editing the file turns
`=…` into a formula or an id number into a rounded number. Amounts are true numbers that can be summed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Any, BinaryIO

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from services.kit.months import YearMonth
from services.kit.sheets.columns import Column, ColumnKind

CellValue = str | int | YearMonth | date | None

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
INSTRUCTIONS_TITLE_ZH = "填写说明"
CHOICES_TITLE_ZH = "选项"
# Excel refuses longer sheet titles and these characters in them.
_TITLE_CHARS_MAX = 31
_NOT_IN_SHEET_TITLE = re.compile(r"[\\/*?:\[\]]")
# XML 1.0 cannot carry them; openpyxl raises on them.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")

# What Excel or openpyxl would not leave as the text it is: formulas, and error values such as #N/A.
_SUSPECT = ("=", "+", "-", "@", "#", "\t", "\r")

_TEXT_FORMAT = "@"
_AMOUNT_FORMAT = "#,##0.00"
_HEADER_FILL = PatternFill("solid", fgColor="DDEBF7")
_REQUIRED_FONT = Font(bold=True, color="C00000")
_OPTIONAL_FONT = Font(bold=True)
_ERROR_FONT = Font(color="C00000")
_NUMERIC = (ColumnKind.MONEY, ColumnKind.PERCENT, ColumnKind.COUNT)


def write_list(
    target: BinaryIO,
    columns: Sequence[Column],
    *,
    title_zh: str,
    rows: Iterable[Sequence[CellValue]],
    red_keys: frozenset[str] = frozenset(),
) -> int:
    """Write one sheet with a header and return the number of rows.

    A row has one value per column: MONEY int fen, PERCENT and COUNT int, MONTH YearMonth, DATE date, CODE the code
    (its title is written), text otherwise; text in any column is written as it is.
    """
    book = Workbook(write_only=True)
    count = _write_sheet(book, columns, title_zh=title_zh, rows=rows, red_keys=red_keys)
    book.save(target)
    return count


def list_bytes(
    columns: Sequence[Column],
    *,
    title_zh: str,
    rows: Iterable[Sequence[CellValue]],
    red_keys: frozenset[str] = frozenset(),
) -> bytes:
    """`write_list` in memory, for lists of a worksheet's size."""
    target = BytesIO()
    write_list(target, columns, title_zh=title_zh, rows=rows, red_keys=red_keys)
    return target.getvalue()


def template_bytes(
    columns: Sequence[Column],
    *,
    title_zh: str,
    row_limit: int,
    rows: Iterable[Sequence[CellValue]] = (),
) -> bytes:
    """The workbook that clerks fill in: the list, drop-downs for code tables, and a sheet of instructions."""
    book = Workbook(write_only=True)
    _write_sheet(book, columns, title_zh=title_zh, rows=rows, row_limit=row_limit)
    _write_instructions(book, columns, title_zh=title_zh, row_limit=row_limit)
    _write_choices(book, columns)
    target = BytesIO()
    book.save(target)
    return target.getvalue()


def _write_sheet(
    book: Workbook,
    columns: Sequence[Column],
    *,
    title_zh: str,
    rows: Iterable[Sequence[CellValue]],
    red_keys: frozenset[str] = frozenset(),
    row_limit: int = 0,
) -> int:
    sheet = book.create_sheet(_sheet_title(title_zh))
    sheet.freeze_panes = "A2"
    for place, column in enumerate(columns, start=1):
        dimension = sheet.column_dimensions[get_column_letter(place)]
        dimension.width = column.width
        if column.kind not in _NUMERIC:
            dimension.number_format = _TEXT_FORMAT
    if row_limit:
        for validation in _validations(columns, row_limit=row_limit):
            sheet.data_validations.append(validation)
    sheet.append([_header_cell(sheet, column) for column in columns])
    # One cell per column serves all rows: openpyxl writes a row out before it takes the next.
    cells = [_column_cell(sheet, column, red=column.key in red_keys) for column in columns]
    titles = [column.choice_titles() for column in columns]
    count = 0
    for row in rows:
        sheet.append(
            [
                _filled(cell, value, column, titles=choice, red=column.key in red_keys)
                for cell, value, column, choice in zip(cells, row, columns, titles, strict=True)
            ]
        )
        count += 1
    return count


def _header_cell(sheet: Any, column: Column) -> Any:
    cell = WriteOnlyCell(sheet, column.header_zh)
    cell.font = _REQUIRED_FONT if column.required else _OPTIONAL_FONT
    cell.fill = _HEADER_FILL
    cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
    cell.number_format = _TEXT_FORMAT
    return cell


def _column_cell(sheet: Any, column: Column, *, red: bool) -> Any:
    cell = WriteOnlyCell(sheet)
    if column.kind is ColumnKind.MONEY:
        cell.number_format = _AMOUNT_FORMAT
    elif column.kind not in _NUMERIC:
        cell.number_format = _TEXT_FORMAT
    if red:
        cell.font = _ERROR_FONT
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    return cell


def _filled(
    cell: Any, value: CellValue, column: Column, *, titles: dict[str, str], red: bool
) -> Any:
    """What openpyxl writes for a value: plain text costs half of a cell with a format, so few get one."""
    if value is None or value == "":
        return None
    if isinstance(value, int):
        cell.value = Decimal(value).scaleb(-2) if column.kind is ColumnKind.MONEY else value
        return cell
    text = value if isinstance(value, str) else str(value)
    if column.kind is ColumnKind.CODE:
        text = titles.get(text, text)
    text = _CONTROL.sub("", text)
    if not (column.keeps_digits or red or text.startswith(_SUSPECT)):
        return text
    cell.value = text
    cell.data_type = "s"
    return cell


# ---------------------------------------------------------------- the template's other sheets


def _validations(columns: Sequence[Column], *, row_limit: int) -> Iterable[DataValidation]:
    """A drop-down per code column; the entries stand on a hidden sheet, where no length limit applies."""
    for place, column in _with_choices(columns):
        letter = get_column_letter(place)
        entries = get_column_letter(_choice_place(columns, column))
        validation = DataValidation(
            type="list",
            formula1=f"{CHOICES_TITLE_ZH}!${entries}$1:${entries}${len(column.choices)}",
            allow_blank=not column.required,
            showErrorMessage=True,
            errorTitle=column.title_zh,
            error="请从下拉列表中选择",
        )
        validation.add(f"{letter}2:{letter}{row_limit + 1}")
        yield validation


def _with_choices(columns: Sequence[Column]) -> list[tuple[int, Column]]:
    return [(place, column) for place, column in enumerate(columns, start=1) if column.choices]


def _choice_place(columns: Sequence[Column], wanted: Column) -> int:
    return [column for _, column in _with_choices(columns)].index(wanted) + 1


def _write_choices(book: Workbook, columns: Sequence[Column]) -> None:
    offered = [column for _, column in _with_choices(columns)]
    if not offered:
        return
    sheet = book.create_sheet(CHOICES_TITLE_ZH)
    sheet.sheet_state = "hidden"
    for index in range(max(len(column.choices) for column in offered)):
        sheet.append(
            [
                column.choices[index].title_zh if index < len(column.choices) else None
                for column in offered
            ]
        )


def _write_instructions(
    book: Workbook, columns: Sequence[Column], *, title_zh: str, row_limit: int
) -> None:
    sheet = book.create_sheet(INSTRUCTIONS_TITLE_ZH)
    for letter, width in zip("ABCD", (22, 10, 26, 70), strict=True):
        sheet.column_dimensions[letter].width = width
    heading = WriteOnlyCell(sheet, f"{title_zh} {INSTRUCTIONS_TITLE_ZH}")
    heading.font = Font(bold=True, size=14)
    sheet.append([heading])
    for line in (
        f"1. 请在“{_sheet_title(title_zh)}”工作表中从第 2 行起逐行填写，每次最多 {row_limit} 条。",
        "2. 带 * 的列必须填写；请不要修改表头文字，列的先后次序不限。",
        "3. 证件号码、账号等列为文本格式，请勿改为数值格式，否则位数会丢失。",
        "4. 年月格式为 201909；金额单位为元，最多两位小数；请勿使用公式。",
    ):
        sheet.append([line])
    sheet.append([])
    sheet.append([_instruction_head(sheet, title) for title in ("列名", "必填", "示例", "说明")])
    for column in columns:
        required = "是" if column.required else "否"
        sheet.append(
            [
                _instruction_text(sheet, text)
                for text in (column.title_zh, required, column.example, _hint(column))
            ]
        )


def _instruction_head(sheet: Any, text: str) -> Any:
    cell = WriteOnlyCell(sheet, text)
    cell.font = _OPTIONAL_FONT
    cell.fill = _HEADER_FILL
    return cell


def _instruction_text(sheet: Any, text: str) -> Any:
    cell = WriteOnlyCell(sheet, text)
    cell.data_type = "s"
    cell.number_format = _TEXT_FORMAT
    cell.alignment = Alignment(wrap_text=True, vertical="top")
    return cell


def _hint(column: Column) -> str:
    offered = "、".join(choice.title_zh for choice in column.choices)
    return "；".join(
        part for part in (column.hint_zh, f"可选：{offered}" if offered else "") if part
    )


def _sheet_title(title_zh: str) -> str:
    return _NOT_IN_SHEET_TITLE.sub("", title_zh)[:_TITLE_CHARS_MAX]
