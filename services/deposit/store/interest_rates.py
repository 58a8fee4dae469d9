"""The interest rate as a policy with validity dates."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date

from sqlalchemy import Connection, select, text
from sqlalchemy.dialects.postgresql import insert as pg_insert

from services.deposit.models import interest_rate


@dataclass(frozen=True, slots=True)
class InterestRate:
    """The yearly rate in basis points (150 is 1.50 %) from a day on."""

    valid_from: date
    rate_bp: int
    set_by: str


def rate_on(connection: Connection, day: date) -> InterestRate | None:
    """The rate in force on a day, None before the first."""
    row = connection.execute(
        select(interest_rate)
        .where(interest_rate.c.valid_from <= day)
        .order_by(interest_rate.c.valid_from.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else InterestRate(**row._mapping)


def hold(connection: Connection) -> None:
    """Nobody else sets a rate, or begins a run at one, until this transaction ends."""
    connection.execute(text("LOCK TABLE interest_rate IN SHARE ROW EXCLUSIVE MODE"))


def put_rate(connection: Connection, rate: InterestRate) -> None:
    """Set the rate from a day on, or correct it."""
    values = asdict(rate)
    connection.execute(
        pg_insert(interest_rate)
        .values(**values)
        .on_conflict_do_update(index_elements=[interest_rate.c.valid_from], set_=values)
    )


def all_rates(connection: Connection) -> list[InterestRate]:
    """Newest first."""
    rows = connection.execute(select(interest_rate).order_by(interest_rate.c.valid_from.desc()))
    return [InterestRate(**row._mapping) for row in rows]
