"""Hostile workbooks are refused by name, quickly, before openpyxl sees them."""

from __future__ import annotations

import contextlib
import io
import time
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.kit.errors import DomainError, Reason
from services.kit.sheets import errors
from services.kit.sheets.guard import FILE_BYTES_MAX, check_workbook
from tests.unit.kit.sheets.workbooks import MAIN, plain, sheet_xml, text_row, workbook

# The slowest of them, a million elements, takes 0.5 s on two busy cores; without the guard they take 5 to 25 s.
REFUSED_WITHIN_S = 4.0

DTD = f'<?xml version="1.0"?><!DOCTYPE w [{{}}]><worksheet xmlns="{MAIN}"><sheetData/></worksheet>'


def refusal(content: bytes) -> Reason:
    started = time.monotonic()
    with pytest.raises(DomainError) as caught:
        check_workbook(content, row_limit=2000)
    assert time.monotonic() - started < REFUSED_WITHIN_S
    assert caught.value.zh  # the Chinese sentence has all its facts
    return caught.value.reason


def test_plain_workbooks_pass() -> None:
    check_workbook(workbook(text_row(1, "a", "b")), row_limit=2000)
    check_workbook(plain([["姓名", "基数"], ["张三", 16317.25]]), row_limit=2000)


def test_workbook_of_2000_rows_passes() -> None:
    check_workbook(plain([["x"] * 20] * 2001), row_limit=2000)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", errors.FILE_EMPTY),
        (b"PK" + b"\0" * FILE_BYTES_MAX, errors.FILE_TOO_LARGE),
        (b"name,base\n", errors.FILE_NOT_XLSX),
        (bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 512, errors.FILE_OLD_OR_ENCRYPTED),
        (b"PK\x03\x04 and nothing that follows", errors.FILE_DAMAGED),
    ],
)
def test_what_is_not_a_workbook_is_named(content: bytes, reason: Reason) -> None:
    assert refusal(content) is reason


def test_zip_without_a_workbook_is_not_xlsx() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("readme.txt", "hello")
    assert refusal(target.getvalue()) is errors.FILE_NOT_XLSX


@pytest.mark.parametrize(
    "part",
    [
        "xl/vbaProject.bin",
        "xl/externalLinks/externalLink1.xml",
        "xl/embeddings/a.bin",
        "xl/activeX/b.xml",
    ],
)
def test_macros_links_and_objects_are_refused(part: str) -> None:
    assert refusal(workbook(parts={part: "<x/>"})) is errors.FILE_UNSAFE


def test_part_of_unknown_kind_is_refused() -> None:
    """A relationship could name it as the sheet, past every count."""
    assert refusal(workbook(parts={"xl/sheet.bin": sheet_xml("")})) is errors.FILE_UNSAFE


def test_pictures_pass() -> None:
    check_workbook(workbook(parts={"xl/media/image1.png": b"\x89PNG"}), row_limit=2000)


@pytest.mark.parametrize(
    "body",
    [
        '<!ENTITY a SYSTEM "file:///etc/passwd">',
        '<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">',
        "<!ELEMENT w ANY>",
    ],
)
def test_any_document_type_declaration_is_refused(body: str) -> None:
    for part in ("xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/workbook.xml"):
        assert refusal(workbook(parts={part: DTD.format(body)})) is errors.FILE_UNSAFE


def test_declaration_in_utf_16_is_found_too() -> None:
    content = DTD.format("").replace('<?xml version="1.0"?>', "").encode("utf-16")
    assert refusal(workbook(parts={"xl/worksheets/sheet1.xml": content})) is errors.FILE_UNSAFE


def test_unknown_encoding_is_refused() -> None:
    content = sheet_xml("").replace('"1.0"?', '"1.0" encoding="UTF-7"?')
    assert refusal(workbook(parts={"xl/worksheets/sheet1.xml": content})) is errors.FILE_DAMAGED


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (" " * 30_000_000, errors.FILE_TOO_COMPLEX),
        (f'<row r="1"><c t="inlineStr"><is><t>{"x" * 30_000_000}</t></is></c></row>', errors.FILE_TOO_COMPLEX),
        ('<row r="1">' + "<c/>" * 100_000 + "</row>", errors.FILE_TOO_COMPLEX),
        ("<row/>" * 50_000, errors.ROW_LIMIT_EXCEEDED),
        ('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>', errors.ROW_LIMIT_EXCEEDED),
        ('<row r="999999999999999999"/>', errors.ROW_LIMIT_EXCEEDED),
        ('<row r="5"/><row r="2"/>', errors.FILE_DAMAGED),
        ('<row r="5"/><row r="5"/>', errors.FILE_DAMAGED),
        ('<row r="-1"/>', errors.FILE_DAMAGED),
        ('<row r="1"><c></row>', errors.FILE_DAMAGED),
    ],
    ids=[
        "blanks", "long text", "wide row", "many rows", "far cell", "row 1e18", "rows back", "row twice",
        "row -1", "not xml",
    ],
)  # fmt: skip
def test_bombs_in_the_sheet_are_refused(rows: str, reason: Reason) -> None:
    assert refusal(workbook(rows)) is reason


def test_elements_under_any_prefix_count() -> None:
    cells = "<p:c/>" * 100_000
    part = f'<p:worksheet xmlns:p="{MAIN}"><p:sheetData><p:row r="1">{cells}</p:row></p:sheetData></p:worksheet>'
    assert refusal(workbook(parts={"xl/worksheets/sheet1.xml": part})) is errors.FILE_TOO_COMPLEX


def test_too_many_shared_strings_and_styles_are_refused() -> None:
    strings = f'<sst xmlns="{MAIN}">{"<si/>" * 300_000}</sst>'
    assert refusal(workbook(parts={"xl/sharedStrings.xml": strings})) is errors.FILE_TOO_COMPLEX
    styles = f'<styleSheet xmlns="{MAIN}"><cellXfs>{"<xf/>" * 10_000}</cellXfs></styleSheet>'
    assert refusal(workbook(parts={"xl/styles.xml": styles})) is errors.FILE_TOO_COMPLEX


@pytest.mark.parametrize(
    "cells", ["<c><f>A1</f></c>" * 2_001, f"<c><f>{'A1+' * 200}A1</f></c>"], ids=["many", "long"]
)
def test_formulas_that_take_long_to_read_are_refused(cells: str) -> None:
    assert refusal(workbook(f'<row r="1">{cells}</row>')) is errors.FILE_TOO_COMPLEX


def test_long_text_beside_a_formula_is_no_formula() -> None:
    cells = f"<c><f>A1</f><v>1</v></c><c t='inlineStr'><is><t>{'x' * 600}</t></is></c>"
    check_workbook(workbook(f'<row r="1">{cells}</row>'), row_limit=2000)


def test_too_many_parts_are_refused() -> None:
    parts = {f"docProps/p{number}.xml": "<x/>" for number in range(200)}
    assert refusal(workbook(parts=parts)) is errors.FILE_TOO_COMPLEX


def test_part_twice_is_refused() -> None:
    target = io.BytesIO(workbook())
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(target, "a") as archive:
        archive.writestr("xl/worksheets/sheet1.xml", sheet_xml(text_row(1, "other")))
    assert refusal(target.getvalue()) is errors.FILE_DAMAGED


def test_encrypted_part_is_refused() -> None:
    content = bytearray(workbook())
    place = content.rindex(b"PK\x01\x02")  # the last entry of the directory
    content[place + 8] |= 1
    assert refusal(bytes(content)) is errors.FILE_OLD_OR_ENCRYPTED


def test_part_that_unpacks_to_more_than_it_says_is_refused() -> None:
    content = bytearray(workbook("<row/>" * 5_000))
    name = b"xl/worksheets/sheet1.xml"
    place = content.rindex(name) - 46  # its entry of the directory; the unpacked size stands at 24
    content[place + 24 : place + 28] = (10).to_bytes(4, "little")
    assert refusal(bytes(content)) is errors.FILE_DAMAGED


# Made once: a workbook carries the time it was made at, and every example must break the same bytes.
WHOLE = plain([["姓名", "基数"], ["张三", 16317.25]])


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.data())
def test_any_broken_file_is_refused_or_passes_but_never_fails(data: st.DataObject) -> None:
    content = bytearray(WHOLE)
    for _ in range(data.draw(st.integers(1, 8))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, 3)) and data.draw(st.integers(0, len(content)))
    with contextlib.suppress(DomainError):
        check_workbook(bytes(content[: len(content) - cut]), row_limit=2000)
