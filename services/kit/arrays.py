"""Python lists reach PostgreSQL as one string that it reads as an array, not as an expression of so many constants.

psycopg2 writes a list as `ARRAY['a', 'b', …]`, which the server has to parse constant by constant: for the ten
thousand people of a remittance that takes longer than crediting them. `'{"a","b",…}'` it reads in a few milliseconds.
Such a string has no type of its own: every statement says which array it wants (`:accounts ::text[]`), or compares it
with a column.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from psycopg2._psycopg import List  # psycopg2's own adapter of lists
from psycopg2.extensions import QuotedString, register_adapter
from psycopg2.extensions import connection as PgConnection


def use_array_strings() -> None:
    """From now on, in the whole process. Lists of other things than plain text, integers and bytes, and of several
    kinds, are written as before."""
    register_adapter(list, _ArrayString)


class _ArrayString:
    """psycopg2's protocol: it is told the connection, then asked for the SQL."""

    def __init__(self, values: list[Any]) -> None:
        self._values = values
        self._connection: PgConnection | None = None

    def prepare(self, connection: PgConnection) -> None:
        self._connection = connection

    def getquoted(self) -> bytes:
        kinds = set(map(type, self._values))
        elements = _ELEMENTS.get(kinds.pop()) if len(kinds) == 1 else None
        adapted: List | QuotedString
        if elements is None:
            adapted = List(self._values)
        else:
            adapted = QuotedString("{" + elements(self._values) + "}")
        if self._connection is not None:
            adapted.prepare(self._connection)
        quoted: bytes = adapted.getquoted()
        return quoted


def _texts(values: list[str]) -> str:
    joined = '","'.join(values)
    if "\\" in joined or joined.count('"') != 2 * (len(values) - 1):
        joined = '","'.join(each.replace("\\", "\\\\").replace('"', '\\"') for each in values)
    return f'"{joined}"'


def _integers(values: list[int]) -> str:
    return str(values)[1:-1]  # the list's own text, and faster than joining theirs


def _bytes(values: list[bytes]) -> str:
    return ",".join([f'"\\\\x{each.hex()}"' for each in values])


_ELEMENTS: dict[type, Callable[[list[Any]], str]] = {str: _texts, int: _integers, bytes: _bytes}
