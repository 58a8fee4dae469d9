"""Policy rows and code tables: what the centre has decided."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, func, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert

from services.collection.domain.policy import Policies, Policy
from services.collection.errors import POLICY_MISSING
from services.collection.models import code, policy
from services.kit.errors import fact
from services.kit.money import Rounding


def policy_on(connection: Connection, day: date) -> Policy:
    """The policy that counts on `day`; raises POLICY_MISSING."""
    row = connection.execute(
        select(policy)
        .where(policy.c.valid_from <= day)
        .order_by(policy.c.valid_from.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        raise fact(POLICY_MISSING, day=day)
    return _policy(row)


def titles(connection: Connection, name: str) -> dict[str, str]:
    """Titles of one code table, retired entries included: what was stored with them still has its name."""
    rows = connection.execute(select(code).where(code.c.list == name))
    return {row.code: row.title_zh for row in rows}


def policies(connection: Connection) -> list[tuple[date, Policy]]:
    """Every policy row with its first day, oldest first."""
    rows = connection.execute(select(policy).order_by(policy.c.valid_from))
    return [(row.valid_from, _policy(row)) for row in rows]


def dated_policies(connection: Connection) -> Policies:
    """What counts in any month; raises POLICY_MISSING when there is none at all."""
    rows = policies(connection)
    if not rows:
        raise fact(POLICY_MISSING, day="")
    return Policies(tuple(rows))


def put_policy(connection: Connection, valid_from: date, found: Policy) -> None:
    """Write or replace the row that counts from `valid_from` on."""
    values = {**asdict(found), "rounding_fen": found.rounding.value}
    del values["rounding"]
    connection.execute(
        pg_insert(policy)
        .values(valid_from=valid_from, **values)
        .on_conflict_do_update(index_elements=[policy.c.valid_from], set_=values)
    )


def put_code(connection: Connection, name: str, key: str, *, title_zh: str) -> None:
    """Add an entry at the end of its list, or rename it."""
    last = select(func.coalesce(func.max(code.c.position), 0) + 1).where(code.c.list == name)
    connection.execute(
        pg_insert(code)
        .values(list=name, code=key, title_zh=title_zh, position=last.scalar_subquery())
        .on_conflict_do_update(
            index_elements=[code.c.list, code.c.code],
            set_={"title_zh": title_zh, "retired": False},
        )
    )


def retire_code(connection: Connection, name: str, key: str) -> None:
    """The entry is no longer offered; what was stored with it stays."""
    connection.execute(
        update(code).where(code.c.list == name, code.c.code == key).values(retired=True)
    )


def _policy(row: Row[Any]) -> Policy:
    fields = dict(row._mapping)
    del fields["valid_from"]
    rounding = Rounding(fields.pop("rounding_fen"))
    return Policy(**fields, rounding=rounding)


def code_lists(connection: Connection) -> dict[str, dict[str, str]]:
    """Every code table: list → code → Chinese title, in the order the centre gave, without retired ones."""
    lists: dict[str, dict[str, str]] = {}
    for row in connection.execute(
        select(code).where(~code.c.retired).order_by(code.c.list, code.c.position)
    ):
        lists.setdefault(row.list, {})[row.code] = row.title_zh
    return lists
