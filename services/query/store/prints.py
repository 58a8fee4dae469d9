"""Prints that receipt has answered for."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, select
from sqlalchemy.dialects.postgresql import insert

from services.query.models import made_print


def put_made(connection: Connection, print_key: str, *, failure: str, now: datetime) -> None:
    """Note that a print was made, or with a `failure` that it will not be; the last word counts."""
    put = insert(made_print).values(print_key=print_key, failure=failure, made_at=now)
    connection.execute(
        put.on_conflict_do_update(
            index_elements=[made_print.c.print_key],
            set_={"failure": put.excluded.failure, "made_at": put.excluded.made_at},
        )
    )


def load_made(connection: Connection, print_key: str) -> Row[Any] | None:
    return connection.execute(
        select(made_print).where(made_print.c.print_key == print_key)
    ).one_or_none()


def forget_made(connection: Connection, *, before: datetime) -> None:
    """Remove what was noted before that moment."""
    connection.execute(delete(made_print).where(made_print.c.made_at < before))
