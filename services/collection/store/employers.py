"""Employers as they stand, loaded, held and saved whole."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from services.collection.domain.codes import BRANCH, EMPLOYER_CLOSED
from services.collection.domain.employer import Employer, Profile, RateLimits, Rates
from services.collection.errors import EMPLOYER_UNKNOWN
from services.collection.models import code, employer, employer_rates, employer_sequence
from services.kit.errors import DomainError
from services.kit.ids import with_check_digit
from services.kit.months import YearMonth
from services.kit.vault import Vault

# 单位账号: this digit, the city's two, seven of a sequence, a check digit.
_FIRST_DIGIT = "1"

_SEALED = {
    "legal_representative_id_number": "legal_representative_id_number_sealed",
    "agent_mobile": "agent_mobile_sealed",
}


def next_employer_no(connection: Connection, *, city_digits: str) -> str:
    number: int = connection.execute(employer_sequence.next_value().select()).scalar_one()
    return with_check_digit(f"{_FIRST_DIGIT}{city_digits}{number:07d}")


def load_employer(connection: Connection, employer_no: str, *, vault: Vault) -> Employer:
    """Raises EMPLOYER_UNKNOWN."""
    return _load(connection, employer_no, vault=vault, lock=False)


def lock_employer(connection: Connection, employer_no: str, *, vault: Vault) -> Employer:
    """Load and hold until the transaction ends: an employer's roster changes one business at a time."""
    return _load(connection, employer_no, vault=vault, lock=True)


def open_employer_with(connection: Connection, uscc: str) -> str | None:
    """The number of the employer that is open under this uscc."""
    return connection.execute(
        select(employer.c.employer_no).where(
            employer.c.uscc == uscc, employer.c.status != EMPLOYER_CLOSED
        )
    ).scalar_one_or_none()


def add_employer(connection: Connection, found: Employer, *, vault: Vault) -> None:
    connection.execute(insert(employer).values(**_columns(found, vault)))


def save_employer(connection: Connection, found: Employer, *, vault: Vault) -> None:
    connection.execute(
        update(employer)
        .where(employer.c.employer_no == found.employer_no)
        .values(**_columns(found, vault))
    )


def set_rates(
    connection: Connection, employer_no: str, rates: Rates, *, registration_no: str, shown: bool
) -> None:
    """The employer's limits from a month on; limits set earlier for later months give way."""
    connection.execute(
        delete(employer_rates).where(
            employer_rates.c.employer_no == employer_no,
            employer_rates.c.from_month >= rates.from_month.to_int(),
        )
    )
    connection.execute(
        insert(employer_rates).values(
            employer_no=employer_no,
            from_month=rates.from_month.to_int(),
            employer_rate_min=rates.employer.low,
            employer_rate_max=rates.employer.high,
            employee_rate_min=rates.employee.low,
            employee_rate_max=rates.employee.high,
            registration_no=registration_no,
            shown=shown,
        )
    )


def with_begun_rates(connection: Connection, month: YearMonth, *, limit: int) -> list[str]:
    """Employers whose limits have come into force by `month` and were not shown yet, in the order of their numbers."""
    rows = connection.execute(
        select(employer_rates.c.employer_no)
        .where(~employer_rates.c.shown, employer_rates.c.from_month <= month.to_int())
        .distinct()
        .order_by(employer_rates.c.employer_no)
        .limit(limit)
    )
    return list(rows.scalars())


def show_begun_rates(connection: Connection, employer_no: str, month: YearMonth) -> None:
    """The limits of an employer, held by the caller, that have come into force by `month` count as shown."""
    connection.execute(
        update(employer_rates)
        .where(
            employer_rates.c.employer_no == employer_no,
            employer_rates.c.from_month <= month.to_int(),
        )
        .values(shown=True)
    )


def set_held_by(connection: Connection, employer_no: str, *, registration_no: str | None) -> None:
    connection.execute(
        update(employer)
        .where(employer.c.employer_no == employer_no)
        .values(held_by=registration_no)
    )


def _load(connection: Connection, employer_no: str, *, vault: Vault, lock: bool) -> Employer:
    query = (
        select(employer, code.c.title_zh.label("branch_name"))
        .outerjoin(code, (code.c.list == BRANCH) & (code.c.code == employer.c.branch_code))
        .where(employer.c.employer_no == employer_no)
    )
    if lock:
        query = query.with_for_update(of=employer)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise DomainError(EMPLOYER_UNKNOWN)
    return _employer(row, vault, _rates(connection, employer_no))


def _rates(connection: Connection, employer_no: str) -> tuple[Rates, ...]:
    rows = connection.execute(
        select(employer_rates)
        .where(employer_rates.c.employer_no == employer_no)
        .order_by(employer_rates.c.from_month)
    )
    return tuple(
        Rates(
            YearMonth.from_int(row.from_month),
            RateLimits(row.employer_rate_min, row.employer_rate_max),
            RateLimits(row.employee_rate_min, row.employee_rate_max),
        )
        for row in rows
    )


def _employer(row: Row[Any], vault: Vault, rates: tuple[Rates, ...]) -> Employer:
    fields = dict(row._mapping)
    profile: dict[str, Any] = {
        name: vault.open_text(bytes(fields[_SEALED[name]])) if name in _SEALED else fields[name]
        for name in Profile.__dataclass_fields__
    }
    paid = fields["paid_through_month"]
    return Employer(
        employer_no=fields["employer_no"],
        profile=Profile(**profile),
        branch_code=fields["branch_code"],
        branch_name=fields["branch_name"] or "",
        status=fields["status"],
        opened_on=fields["opened_on"],
        closed_on=fields["closed_on"],
        first_month=YearMonth.from_int(fields["first_month"]),
        paid_through=YearMonth.from_int(paid) if paid else None,
        rates=rates,
        held_by=fields["held_by"],
    )


def _columns(found: Employer, vault: Vault) -> dict[str, object]:
    profile = asdict(found.profile)
    for name, column in _SEALED.items():
        profile[column] = vault.seal_text(profile.pop(name))
    return {
        **profile,
        "employer_no": found.employer_no,
        "branch_code": found.branch_code,
        "status": found.status,
        "opened_on": found.opened_on,
        "closed_on": found.closed_on,
        "first_month": found.first_month.to_int(),
        "paid_through_month": found.paid_through.to_int() if found.paid_through else 0,
        "held_by": found.held_by,
    }
