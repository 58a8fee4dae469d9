"""Refuses a hostile workbook before openpyxl sees it (manual 导入).

A 63 KB file can cost openpyxl ten seconds and a gigabyte, and no option of it protects: so the zip directory is
checked first, then every part is streamed through expat, which counts elements, sees any DTD and stops at the first
limit passed. What a harmless-looking file still does wrong is held by the parser process's memory and time limits.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from io import BytesIO
from typing import Any
from xml.parsers import expat

from services.kit.errors import DomainError, fact
from services.kit.sheets import errors

# Fits a gRPC message of 4 MiB with room; 2000 rows of 20 columns are some 200 KB.
FILE_BYTES_MAX = 2 * 1024 * 1024
# Excel writes about 15 parts for one sheet; pictures and printer settings add some.
PARTS_MAX = 100
# 2000 rows of 20 columns unpack to about 3 MB.
PART_BYTES_MAX = 20 * 1024 * 1024
TOTAL_BYTES_MAX = 40 * 1024 * 1024
# Real sheets pack 10 to 40 times; zeros pack 1000 times. Small parts are harmless at any ratio.
RATIO_MAX = 100
RATIO_FREE_BYTES = 1024 * 1024
# The highest row that may hold a cell or a format: room for blank rows between, not for a million of them.
ROW_NUMBER_MAX = 10_000
# Elements by local name over the whole file, and of all names together (half a second of expat).
ELEMENTS_MAX = {
    "row": ROW_NUMBER_MAX,
    "c": 60_000,
    "si": 200_000,
    "xf": 5_000,
    "f": 2_000,
    "mergeCell": 10_000,
    "Relationship": 1_000,
}
ALL_ELEMENTS_MAX = 1_000_000
# openpyxl takes a shared formula apart again for each cell that shares it: 19,000 cells of 3,000
# characters cost it minutes. 2,000 of 500 take a second.
FORMULA_CHARS_MAX = 500

_CHUNK_BYTES = 64 * 1024
_OLE_MAGIC = bytes.fromhex("d0cf11e0a1b11ae1")
_ZIP_MAGIC = b"PK"
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED_FLAG = 0x1
# What zipfile raises on a directory that lies: random damage reaches most of them.
_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    IndexError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
)
# Parts that only programs or other files need.
_UNSAFE_PARTS = {
    "vbaproject": ("macros", "宏"),
    "externallinks/": ("links to other workbooks", "外部链接"),
    "embeddings/": ("embedded objects", "嵌入对象"),
    "activex/": ("controls", "控件"),
}
_XML_SUFFIXES = (".xml", ".rels", ".vml")
_BINARY_FOLDERS = ("xl/media/", "xl/printersettings/", "docprops/", "customxml/")


def check_workbook(content: bytes, *, row_limit: int) -> None:
    """Raise a DomainError of `sheets.errors` if the file is not a plain workbook within every limit."""
    _check_outside(content)
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            _check_directory(archive.infolist())
            scan = _Scan(row_limit)
            for part in archive.infolist():
                _scan_part(archive, part, scan)
    except _UNREADABLE as fault:
        raise fact(errors.FILE_DAMAGED, what=type(fault).__name__) from None


def _check_outside(content: bytes) -> None:
    if not content:
        raise DomainError(errors.FILE_EMPTY)
    if len(content) > FILE_BYTES_MAX:
        raise fact(
            errors.FILE_TOO_LARGE,
            bytes=len(content),
            limit=FILE_BYTES_MAX,
            limit_text=f"{FILE_BYTES_MAX // 1024 // 1024} MB",
        )
    if content.startswith(_OLE_MAGIC):
        raise DomainError(errors.FILE_OLD_OR_ENCRYPTED)
    if not content.startswith(_ZIP_MAGIC):
        raise DomainError(errors.FILE_NOT_XLSX)


def _check_directory(parts: list[zipfile.ZipInfo]) -> None:
    names = [part.filename for part in parts]
    if len(parts) > PARTS_MAX:
        raise _too_complex("parts", "文件部件过多")
    if len(set(names)) != len(names):
        raise fact(errors.FILE_DAMAGED, what="a part twice")
    if "[Content_Types].xml" not in names or "xl/workbook.xml" not in names:
        raise DomainError(errors.FILE_NOT_XLSX)
    if sum(part.file_size for part in parts) > TOTAL_BYTES_MAX:
        raise _too_complex("unpacked size", "解压后过大")
    for part in parts:
        _check_entry(part)


def _check_entry(part: zipfile.ZipInfo) -> None:
    if part.flag_bits & _ENCRYPTED_FLAG:
        raise DomainError(errors.FILE_OLD_OR_ENCRYPTED)
    if part.compress_type not in _METHODS:
        raise fact(errors.FILE_DAMAGED, what="packing method")
    if part.file_size > PART_BYTES_MAX:
        raise _too_complex("part size", "解压后过大")
    if part.file_size > RATIO_FREE_BYTES and part.file_size > RATIO_MAX * part.compress_size:
        raise _too_complex("packing ratio", "解压后过大")
    name = part.filename.lower()
    for mark, (what, what_zh) in _UNSAFE_PARTS.items():
        if mark in name:
            raise fact(errors.FILE_UNSAFE, what=what, what_zh=what_zh)


def _scan_part(archive: zipfile.ZipFile, part: zipfile.ZipInfo, scan: _Scan) -> None:
    name = part.filename.lower()
    if part.is_dir() or (name.startswith(_BINARY_FOLDERS) and not name.endswith(_XML_SUFFIXES)):
        return
    if not name.endswith(_XML_SUFFIXES):
        raise fact(errors.FILE_UNSAFE, what="a part of unknown kind", what_zh="未知内容")
    with archive.open(part) as stream:
        scan.read(stream)


class _Scan:
    """Counts over all parts of one file."""

    def __init__(self, row_limit: int) -> None:
        self._row_limit = row_limit
        self._counts: dict[str, int] = {}
        self._all = 0
        self._last_row = 0
        self._formula_chars = 0

    def read(self, stream: Any) -> None:
        self._parser = parser = expat.ParserCreate()
        parser.StartDoctypeDeclHandler = _refuse_doctype
        parser.StartElementHandler = self._element
        self._last_row = 0
        try:
            while chunk := stream.read(_CHUNK_BYTES):
                parser.Parse(chunk, False)
            parser.Parse(b"", True)
        except (expat.ExpatError, ValueError, LookupError) as fault:
            raise fact(errors.FILE_DAMAGED, what=type(fault).__name__) from None

    def _element(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(":")[2]
        seen = self._counts.get(local, 0) + 1
        self._counts[local] = seen
        self._all += 1
        if seen > ELEMENTS_MAX.get(local, ALL_ELEMENTS_MAX) or self._all > ALL_ELEMENTS_MAX:
            if local == "row":
                raise fact(errors.ROW_LIMIT_EXCEEDED, limit=self._row_limit)
            if local == "f":
                raise _too_many_formulas()
            raise _too_complex(f"elements {local[:20]}", "单元格或格式过多")
        if local == "row" and "r" in attributes:
            self._row(attributes["r"])
        elif local == "f":
            self._formula_chars = 0
            self._parser.CharacterDataHandler = self._formula_text
        elif self._parser.CharacterDataHandler is not None:
            self._parser.CharacterDataHandler = None

    def _formula_text(self, text: str) -> None:
        self._formula_chars += len(text)
        if self._formula_chars > FORMULA_CHARS_MAX:
            raise _too_many_formulas()

    def _row(self, number: str) -> None:
        """openpyxl drops rows out of order without a word and fills gaps up to any number."""
        if not (number.isascii() and number.isdigit()):
            raise fact(errors.FILE_DAMAGED, what="row number")
        row = int(number[:12])
        if row <= self._last_row:
            raise fact(errors.FILE_DAMAGED, what="rows out of order")
        if row > ROW_NUMBER_MAX:
            raise fact(errors.ROW_LIMIT_EXCEEDED, limit=self._row_limit)
        self._last_row = row


def _refuse_doctype(*_declaration: object) -> None:
    raise fact(errors.FILE_UNSAFE, what="a document type declaration", what_zh="文档类型声明")


def _too_many_formulas() -> DomainError:
    return _too_complex("formulas", "公式过多或过长，请将公式粘贴为数值")


def _too_complex(what: str, what_zh: str) -> DomainError:
    return fact(errors.FILE_TOO_COMPLEX, what=what, what_zh=what_zh)
