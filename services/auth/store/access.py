"""What staff set for an employer's submissions."""

from __future__ import annotations

from dataclasses import asdict

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from services.auth.domain.access import EmployerAccess, Option
from services.auth.models import employer_access


def load_access(connection: Connection, employer_no: str) -> EmployerAccess:
    """The employer's options; those of the hall when nothing was set."""
    row = connection.execute(
        select(employer_access).where(employer_access.c.employer_no == employer_no)
    ).one_or_none()
    if row is None:
        return EmployerAccess(employer_no)
    return EmployerAccess(
        row.employer_no, Option(row.approval), Option(row.signature), row.set_by, row.set_at
    )


def save_access(connection: Connection, access: EmployerAccess) -> None:
    values = {
        **asdict(access),
        "approval": str(access.approval),
        "signature": str(access.signature),
    }
    connection.execute(
        insert(employer_access)
        .values(**values)
        .on_conflict_do_update(index_elements=[employer_access.c.employer_no], set_=values)
    )
