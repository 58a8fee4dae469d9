"""The facts of a receipt as they are kept: the whole document value, so that a reprint needs nothing else.

Compressed JSON; who stores it seals it. Fields that a later version adds must have a default.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import asdict
from datetime import date
from typing import Any

from services.receipt.rendering.document import (
    Align,
    Column,
    Document,
    DocumentKind,
    Field,
    Table,
    Total,
)


def to_bytes(document: Document) -> bytes:
    """The document as bytes, the same for equal documents."""
    text = json.dumps(asdict(document), default=_plain, ensure_ascii=False, separators=(",", ":"))
    return zlib.compress(text.encode())


def from_bytes(content: bytes) -> Document:
    """The document that `to_bytes` was given."""
    values: dict[str, Any] = json.loads(zlib.decompress(content))
    values["kind"] = DocumentKind(values["kind"])
    values["business_date"] = date.fromisoformat(values["business_date"])
    values["fields"] = tuple(Field(**each) for each in values["fields"])
    values["totals"] = tuple(Total(**each) for each in values["totals"])
    values["notes"] = tuple(values["notes"])
    if values["table"] is not None:
        values["table"] = _table(values["table"])
    return Document(**values)


def _table(values: dict[str, Any]) -> Table:
    columns = tuple(Column(**{**each, "align": Align(each["align"])}) for each in values["columns"])
    return Table(columns, tuple(tuple(row) for row in values["rows"]))


def _plain(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is not a fact")
