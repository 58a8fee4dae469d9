"""Code tables that differ by city: what a code means to people."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from services.query.models import code_title


def put_title(connection: Connection, *, code_list: str, code: str, title_zh: str) -> None:
    """Name a code, or name it anew."""
    put = insert(code_title).values(list=code_list, code=code, title_zh=title_zh)
    connection.execute(
        put.on_conflict_do_update(
            index_elements=[code_title.c.list, code_title.c.code],
            set_={"title_zh": put.excluded.title_zh},
        )
    )


def titles_of(connection: Connection, code_list: str) -> Mapping[str, str]:
    """Code → title of one list."""
    rows = connection.execute(
        select(code_title.c.code, code_title.c.title_zh).where(code_title.c.list == code_list)
    )
    return {row.code: row.title_zh for row in rows}


def titles(connection: Connection, codes: Mapping[str, str]) -> Mapping[str, str]:
    """List → title of the code given for that list; a code that is in no table has none."""
    rows = connection.execute(
        select(code_title.c.list, code_title.c.code, code_title.c.title_zh).where(
            code_title.c.list.in_(codes)
        )
    )
    return {row.list: row.title_zh for row in rows if codes[row.list] == row.code}
