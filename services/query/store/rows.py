"""Many rows in one statement: columns travel as arrays, so 2000 rows cost one round trip, not 2000."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ARRAY, Table, bindparam, cast, func, select
from sqlalchemy.dialects.postgresql import Insert, insert

# Rows that one fetch of a stream brings; what an export holds in memory.
STREAM_ROWS = 2000


def insert_rows(table: Table, rows: Sequence[Mapping[str, Any]]) -> Insert:
    """An INSERT of `rows`, which all give the same columns; the caller adds what to do on conflict."""
    names = list(rows[0])
    arrays = [
        cast(bindparam(name, [row[name] for row in rows]), ARRAY(table.c[name].type))
        for name in names
    ]
    source = func.unnest(*arrays).table_valued(*names).render_derived()
    return insert(table).from_select(names, select(*(source.c[name] for name in names)))
