"""单位基本信息 with its money (manual §4.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row, func, select
from sqlalchemy.dialects.postgresql import insert

from services.query.domain import ACCOUNT_ACTIVE, ACCOUNT_SEALED
from services.query.models import employer, person


def put_employer(connection: Connection, values: Mapping[str, Any]) -> None:
    """Write these columns of one employer, known before or not."""
    changes = {name: value for name, value in values.items() if name != "employer_no"}
    connection.execute(
        insert(employer)
        .values(**values)
        .on_conflict_do_update(index_elements=[employer.c.employer_no], set_=changes)
    )


def load_employer(connection: Connection, employer_no: str) -> Row[Any] | None:
    """All columns of an employer that collection has told of."""
    return connection.execute(
        select(employer).where(employer.c.employer_no == employer_no, employer.c.registered)
    ).one_or_none()


def headcounts(connection: Connection, employer_no: str) -> Row[Any]:
    """`active` and `sealed` people of an employer, and `monthly_fen` of the active ones."""
    active = person.c.status == ACCOUNT_ACTIVE
    monthly = func.sum(person.c.employer_share_fen + person.c.employee_share_fen)
    return connection.execute(
        select(
            func.count().filter(active).label("active"),
            func.count().filter(person.c.status == ACCOUNT_SEALED).label("sealed"),
            func.coalesce(monthly.filter(active), 0).label("monthly_fen"),
        ).where(person.c.employer_no == employer_no, person.c.registered)
    ).one()
