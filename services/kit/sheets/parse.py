"""The parser process: guard and openpyxl behind memory and time limits (manual 导入).

`python -m services.kit.sheets.parse` takes files over the socket on its standard input, one after another, until
the other side closes it. It knows nothing of businesses: it answers with the cells of one sheet as typed. It prints
nothing, because the errors of XML and number parsers quote what people typed.
"""

from __future__ import annotations

import json
import resource
import signal
import socket
import warnings
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet.formula import ArrayFormula, DataTableFormula

from services.kit.errors import DomainError, fact
from services.kit.sheets import errors
from services.kit.sheets.frames import receive_frame, send_frame
from services.kit.sheets.guard import ROW_NUMBER_MAX, check_workbook

# The worst workbook within the guard's limits took 190 MB, a list of 2000 rows 57 MB.
MEMORY_BYTES_MAX = 512 * 1024 * 1024
# The process ends itself if whoever started it is gone and can no longer do so. Longer than that side's limit.
ALARM_S = 30
# Wider than any declared list; a dimension of A1:XFD1048576 would otherwise make rows of 16,384 cells.
COLUMNS_MAX = 64
# Title lines that may stand above the header.
ROWS_ABOVE_HEADER_MAX = 10

# Kinds of cells that are not plain text, as the first member of a two-member list.
NUMBER, DATE, FORMULA, OTHER = "n", "d", "f", "o"

# Excel keeps 15 digits: what differs from two decimals by less was never typed.
_BINARY_NOISE = Decimal("0.000001")

# What openpyxl and the XML and zip readers raise on files that the guard lets through.
_UNREADABLE = (
    ValueError,
    KeyError,
    TypeError,
    IndexError,
    AttributeError,
    ArithmeticError,
    SyntaxError,
    OSError,
    EOFError,
    RecursionError,
    AssertionError,
    InvalidFileException,
)


def read_cells(content: bytes, *, sheet_title: str, row_limit: int) -> list[list[Any]]:
    """Rows that hold anything, as `[row number, [cell, …]]`; a cell is None, text, or `[kind, text]`.

    The sheet of that title, else the first one. Raises DomainError of `sheets.errors`.
    """
    check_workbook(content, row_limit=row_limit)
    try:
        book = openpyxl.load_workbook(BytesIO(content), read_only=True, keep_links=False)
        sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
        if not sheets:
            raise ValueError("no visible sheet")
        named = [sheet for sheet in sheets if sheet.title == sheet_title]
        return list(_rows((named or sheets)[0], row_limit=row_limit))
    except MemoryError:
        raise fact(
            errors.FILE_TOO_COMPLEX, what="memory limit", what_zh="读取所需内存超过限制"
        ) from None
    except _UNREADABLE as fault:
        raise fact(errors.FILE_DAMAGED, what=type(fault).__name__) from None


def _rows(sheet: Any, *, row_limit: int) -> Iterator[list[Any]]:
    sheet.reset_dimensions()
    room = row_limit + ROWS_ABOVE_HEADER_MAX + 1
    rows = sheet.iter_rows(min_row=1, max_row=ROW_NUMBER_MAX, max_col=COLUMNS_MAX, values_only=True)
    for number, row in enumerate(rows, start=1):
        cells = [None if value is None else _cell(value) for value in row]
        while cells and cells[-1] is None:
            cells.pop()
        if not cells:
            continue
        room -= 1
        if room < 0:
            raise fact(errors.ROW_LIMIT_EXCEEDED, limit=row_limit)
        yield [number, cells]


def _cell(value: Any) -> str | list[str] | None:
    if isinstance(value, str):
        if value.startswith("="):
            return [FORMULA, ""]
        return value if value and not value.isspace() else None
    if isinstance(value, bool):
        return [OTHER, str(value)]
    if isinstance(value, int):
        return [NUMBER, str(value)]
    if isinstance(value, float):
        return _number(Decimal(repr(value)))
    if isinstance(value, datetime):
        return [DATE, value.date().isoformat()]
    if isinstance(value, date):
        return [DATE, value.isoformat()]
    if isinstance(value, ArrayFormula | DataTableFormula):
        return [FORMULA, ""]
    return [OTHER, str(value)]


def _number(number: Decimal) -> list[str]:
    """All places, no exponent: 16317.0 → 16317; the noise of 953.5000000000001 goes, a third decimal stays."""
    if not number.is_finite():
        return [OTHER, str(number)]
    rounded = round(number, 2)
    exact = rounded if abs(rounded - number) <= _BINARY_NOISE else number
    text = f"{exact:f}"
    return [NUMBER, text.rstrip("0").rstrip(".") if "." in text else text]


# ---------------------------------------------------------------- the process


def _answer(order: dict[str, Any], content: bytes) -> dict[str, Any]:
    try:
        rows = read_cells(
            content, sheet_title=order["sheet_title"], row_limit=int(order["row_limit"])
        )
    except DomainError as refusal:
        return {"refused": refusal.reason.code, "facts": dict(refusal.facts)}
    return {"rows": rows}


def main() -> None:
    """Serve files until the socket closes."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    warnings.simplefilter("ignore")
    connection = socket.socket(fileno=0)
    connection.setblocking(True)  # an eventlet parent hands it over non-blocking
    while True:
        try:
            order = json.loads(receive_frame(connection))
            content = receive_frame(connection)
        except EOFError:
            return
        signal.alarm(ALARM_S)
        send_frame(connection, json.dumps(_answer(order, content), ensure_ascii=False).encode())
        signal.alarm(0)


if __name__ == "__main__":
    main()
