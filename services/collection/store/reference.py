"""Policy rows and code tables: what the centre has decided."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Connection, select

from services.collection.domain.policy import Policy
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
    return Policy(
        base_floor_fen=row.base_floor_fen,
        base_ceiling_fen=row.base_ceiling_fen,
        rate_floor=row.rate_floor,
        rate_ceiling=row.rate_ceiling,
        monthly_floor_fen=row.monthly_floor_fen,
        monthly_ceiling_fen=row.monthly_ceiling_fen,
        rounding=Rounding(row.rounding_fen),
        future_months_allowed=row.future_months_allowed,
        row_limit=row.row_limit,
    )


def code_lists(connection: Connection) -> dict[str, dict[str, str]]:
    """Every code table: list → code → Chinese title, in the order the centre gave."""
    lists: dict[str, dict[str, str]] = {}
    for row in connection.execute(select(code).order_by(code.c.list, code.c.position)):
        lists.setdefault(row.list, {})[row.code] = row.title_zh
    return lists
