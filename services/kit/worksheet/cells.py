"""From typed text to values, cell by cell, with a Chinese sentence for each cell that cannot be understood.

Serves 录入, 导入 and 提交 (manual §5.1–5.4, §5.7, §6.2). Codes and numbers are read in any width (NFKC) and with
spaces around; names never go through NFKC, because it replaces rare characters that people really have.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import lru_cache

from services.kit.idnumbers import IdType, id_number_fault, is_mobile
from services.kit.money import parse_yuan
from services.kit.months import YearMonth
from services.kit.plain_text import is_plain
from services.kit.sentences import first_of
from services.kit.sheets.columns import Choice, Column, ColumnKind
from services.kit.worksheet import errors
from services.kit.worksheet.rows import CellError, ParsedRow, TypedRow, Value

# GA/T 2000 allows 50 characters for a name, enough for transliterated ones.
NAME_CHARS_MAX = 50
ACCOUNT_NO_CHARS_MAX = 30
# Choices named in an error sentence; a longer table stands in the template.
CHOICES_NAMED_MAX = 8

_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff"))
_MONTH = re.compile(
    r"(?P<year>(?:19|20)\d\d)(?:[-/.](?P<dashed>\d{1,2})(?:[-/.]\d{1,2})?"
    r"|年(?P<chinese>\d{1,2})月?|(?P<plain>\d\d)(?:\.0+)?)",
    re.ASCII,
)
_PERCENT = re.compile(r"(\d{1,3})(?:\.0+)?%?", re.ASCII)
_COUNT = re.compile(r"(\d{1,9})(?:\.0+)?", re.ASCII)
_ACCOUNT_NO = re.compile(rf"[0-9A-Za-z]{{1,{ACCOUNT_NO_CHARS_MAX}}}", re.ASCII)
_HAN = r"[\u2e80-\u2fff\u3005-\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
_SPACE_BETWEEN_HAN = re.compile(rf"(?<={_HAN})\s+(?={_HAN})")
# Nearly every name: no need to look each character up.
_COMMON_NAME = re.compile(r"[\u4e00-\u9fa5]{1,20}")
_AS_TYPED = (ColumnKind.NAME, ColumnKind.TEXT)
_IN_NAMES = frozenset("·•‧・.'’- （）()")
_NAME_CATEGORIES = frozenset(("Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Nl"))


def parse_row(row: TypedRow, columns: Sequence[Column], *, on: date) -> ParsedRow:
    """Understand every cell; `on` is the day that birth dates are judged against."""
    values: dict[str, Value] = {}
    found: list[CellError] = []
    for column in columns:
        outcome = _parse_cell(row, column, values, on=on)
        if isinstance(outcome, CellError):
            found.append(outcome)
        elif outcome is not None:
            values[column.key] = outcome
    return ParsedRow(row.row_id, row.row_number, row.file_row, row.cells, values, tuple(found))


def _parse_cell(
    row: TypedRow, column: Column, values: Mapping[str, Value], *, on: date
) -> Value | CellError | None:
    key = column.key
    if row.refused and key in row.refused:
        limit = column.max_chars
        return CellError.of(key, errors.REASON_BY_CODE[row.refused[key]], limit=limit)
    typed = row.cells.get(key)
    text = _clean(typed, column.kind) if typed else ""
    if not text:
        return CellError.of(key, errors.CELL_REQUIRED) if column.required else None
    if column.kind is ColumnKind.ID_NUMBER:
        if column.id_type_from and column.id_type_from not in values:
            return (
                None  # the id type is wrong and has its own error; without it nothing can be said
            )
        return _id_number(text, column, values.get(column.id_type_from, IdType.RESIDENT), on=on)
    return _PARSERS[column.kind](text, column)


def _clean(typed: str, kind: ColumnKind) -> str:
    if typed.isascii():
        return typed.strip()
    if kind not in _AS_TYPED:
        typed = unicodedata.normalize("NFKC", typed)
    return typed.translate(_INVISIBLE).strip()


def _text(text: str, column: Column) -> Value | CellError:
    if len(text) > column.max_chars or not is_plain(text):
        return CellError.of(column.key, errors.TEXT_INVALID, limit=column.max_chars)
    return text


def _name(text: str, column: Column) -> Value | CellError:
    if _COMMON_NAME.fullmatch(text):
        return text
    name = _SPACE_BETWEEN_HAN.sub("", " ".join(text.split()))
    if any(unicodedata.category(each) == "Co" for each in name):
        return CellError.of(column.key, errors.NAME_UNSHOWABLE)
    good = all(each in _IN_NAMES or unicodedata.category(each) in _NAME_CATEGORIES for each in name)
    if not good or len(name) > NAME_CHARS_MAX or not any(each.isalpha() for each in name):
        return CellError.of(column.key, errors.NAME_INVALID, limit=NAME_CHARS_MAX)
    return name


def _code(text: str, column: Column) -> Value | CellError:
    code = _codes_by_text(column.choices).get(text.replace(" ", ""))
    if code is None:
        titles = [choice.title_zh for choice in column.choices]
        named = first_of(titles, at_most=CHOICES_NAMED_MAX)
        return CellError.of(column.key, errors.CHOICE_UNKNOWN, choices=named)
    return code


@lru_cache(maxsize=256)
def _codes_by_text(choices: tuple[Choice, ...]) -> dict[str, str]:
    """Everything a clerk may write for a choice: 01, 1 (Excel drops the zero), 身份证, 01身份证, 01-身份证."""
    found = {choice.code: choice.code for choice in choices}
    for choice in choices:
        code = choice.code
        title = unicodedata.normalize("NFKC", choice.title_zh).replace(" ", "")
        for text in (title, f"{code}{title}", f"{code}-{title}", code.lstrip("0") or "0"):
            found.setdefault(text, code)
    return found


def _id_number(text: str, column: Column, id_type: Value, *, on: date) -> Value | CellError:
    number = text.replace(" ", "").upper()
    if column.id_type_from and id_type not in frozenset(IdType):
        return CellError.of(column.key, errors.ID_NUMBER_INVALID, fault="证件类型不在可选范围内")
    fault = id_number_fault(IdType(str(id_type)), number, on=on)
    if fault is not None:
        return CellError.of(column.key, errors.ID_NUMBER_INVALID, fault=fault.value)
    return number


def _mobile(text: str, column: Column) -> Value | CellError:
    mobile = text.replace(" ", "").replace("-", "")
    return mobile if is_mobile(mobile) else CellError.of(column.key, errors.MOBILE_INVALID)


def _money(text: str, column: Column) -> Value | CellError:
    try:
        fen = parse_yuan(text)
    except ValueError:
        return CellError.of(column.key, errors.AMOUNT_INVALID)
    return fen if fen > 0 else CellError.of(column.key, errors.AMOUNT_NOT_POSITIVE)


def _percent(text: str, column: Column) -> Value | CellError:
    match = _PERCENT.fullmatch(text)
    percent = int(match[1]) if match else 0
    return percent if 1 <= percent <= 100 else CellError.of(column.key, errors.PERCENT_INVALID)


def _count(text: str, column: Column) -> Value | CellError:
    match = _COUNT.fullmatch(text)
    return int(match[1]) if match else CellError.of(column.key, errors.COUNT_INVALID)


def _month(text: str, column: Column) -> Value | CellError:
    match = _MONTH.fullmatch(text.replace(" ", ""))
    if match:
        month = int(match["plain"] or match["dashed"] or match["chinese"])
        if 1 <= month <= 12:
            return YearMonth(int(match["year"]), month)
    return CellError.of(column.key, errors.MONTH_INVALID)


def _account_no(text: str, column: Column) -> Value | CellError:
    number = text.replace(" ", "")
    if not _ACCOUNT_NO.fullmatch(number):
        return CellError.of(column.key, errors.ACCOUNT_NO_INVALID, limit=ACCOUNT_NO_CHARS_MAX)
    return number


_PARSERS: dict[ColumnKind, Callable[[str, Column], Value | CellError]] = {
    ColumnKind.TEXT: _text,
    ColumnKind.NAME: _name,
    ColumnKind.CODE: _code,
    ColumnKind.MOBILE: _mobile,
    ColumnKind.MONEY: _money,
    ColumnKind.PERCENT: _percent,
    ColumnKind.COUNT: _count,
    ColumnKind.MONTH: _month,
    ColumnKind.ACCOUNT_NO: _account_no,
}
