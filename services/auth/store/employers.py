"""What auth keeps of employers: a copy that collection's events keep up."""

from __future__ import annotations

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from services.auth.domain.binding import EmployerFile
from services.auth.models import employer
from services.kit.vault import Vault


def save_employer(
    connection: Connection, found: EmployerFile, *, version: int, vault: Vault
) -> bool:
    """Keep an employer as of a version of collection's events; False when a newer one is kept."""
    values = {
        "name": found.name,
        "uscc": found.uscc,
        "agent_name_sealed": vault.seal_text(found.agent_name),
        "agent_mobile_sealed": found.agent_mobile_sealed,
        "status": found.status,
        "version": version,
    }
    statement = insert(employer).values(employer_no=found.employer_no, **values)
    done = connection.execute(
        statement.on_conflict_do_update(
            index_elements=[employer.c.employer_no],
            set_=values,
            where=employer.c.version < version,
        )
    )
    return done.rowcount > 0


def load_employer(
    connection: Connection, employer_no: str, *, vault: Vault, lock: bool = False
) -> EmployerFile | None:
    """The employer; `lock` keeps others from sending codes to its agent meanwhile."""
    query = select(employer).where(employer.c.employer_no == employer_no)
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        return None
    return EmployerFile(
        employer_no=row.employer_no,
        name=row.name,
        uscc=row.uscc,
        agent_name=vault.open_text(bytes(row.agent_name_sealed)),
        agent_mobile_sealed=bytes(row.agent_mobile_sealed),
        status=row.status,
    )
