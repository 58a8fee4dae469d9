"""Fills the hall's own Excel template, as a clerk would."""

from __future__ import annotations

from collections.abc import Iterable
from io import BytesIO
from pathlib import Path

from openpyxl import load_workbook

from client.demo.people import Person
from services.kit.money import format_yuan
from services.kit.months import YearMonth

#: The template's columns by the first word of their titles.
_ID_TYPE_ZH = "身份证"


def fill_template(
    template: bytes, people: Iterable[Person], *, effective_month: YearMonth, target: Path
) -> None:
    """Write the people below the template's header and save it as `target`.

    Raises ValueError when the template lacks a column.
    """
    book = load_workbook(BytesIO(template))
    sheet = book.worksheets[0]
    header_row, columns = _header(sheet)
    for offset, person in enumerate(people, start=1):
        values = {
            "姓名": person.name,
            "证件类型": _ID_TYPE_ZH,
            "证件号码": person.id_number,
            "手机号码": person.mobile,
            "个人缴存基数": format_yuan(person.base_fen),
            "启用年月": str(effective_month),
        }
        for title, text in values.items():
            cell = sheet.cell(row=header_row + offset, column=columns[title])
            cell.value = text
            cell.number_format = "@"
    book.save(target)


def _header(sheet) -> tuple[int, dict[str, int]]:  # type: ignore[no-untyped-def]  # openpyxl's sheet
    for row in sheet.iter_rows(min_row=1, max_row=10):
        titles = {str(cell.value or "").strip(" *"): cell.column for cell in row}
        if "证件号码" in titles:
            return row[0].row, titles
    raise ValueError("the template has no column 证件号码")
