"""Reads the papers that the hall gave out: does the PDF, does the workbook say what was posted?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path

from openpyxl import load_workbook
from pypdf import PdfReader

from client.demo.narrator import Narrator
from client.demo.people import Person
from services.kit.money import format_yuan


def check_receipt(tell: Narrator, title: str, path: Path, *, facts: Iterable[str]) -> None:
    """Every fact stands in the text of the PDF (blanks and grouping aside)."""
    reader = PdfReader(path)
    text = _plain("".join(page.extract_text() for page in reader.pages))
    wanted = list(facts)
    missing = [fact for fact in wanted if _plain(fact) not in text]
    shown = "、".join(wanted)
    tell.check(f"{title}上有", expected=[], found=missing, shown=shown)


def check_export(tell: Narrator, path: Path, people: Sequence[Person], *, balance_fen: int) -> None:
    """As many people as there are, each id number as text, balances that add up."""
    sheet = load_workbook(path, read_only=True).worksheets[0]
    rows = [row for row in sheet.iter_rows(values_only=True) if any(row)]
    header = next(row for row in rows if "证件号码" in row)
    ids, balances = header.index("证件号码"), _column(header, "余额")
    known = {person.id_number for person in people}
    listed = [row for row in rows if len(row) > balances and row[ids] in known]
    tell.check("导出人数", expected=len(people), found=len(listed))
    total = sum((Decimal(str(row[balances])) for row in listed), Decimal(0))
    tell.check("导出余额合计（元）", expected=format_yuan(balance_fen), found=f"{total:.2f}")


def _column(header: Sequence[object], word: str) -> int:
    return next(index for index, title in enumerate(header) if word in str(title or ""))


def _plain(text: str) -> str:
    return re.sub(r"[\s,，]", "", text)
