"""Accepted businesses of deposit: registration numbers, states, the steps of their sagas."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta

from hpf.common.v1 import business_pb2
from sqlalchemy import Connection, func, insert, select, update

from services.deposit.models import business, registration_sequence

# The service's digit keeps numbers of collection and deposit apart.
_SERVICE_DIGIT = "2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Business:
    """One accepted business; `rejection` and `consistency` are serialized messages, months YYYYMM, amounts fen."""

    registration_no: str
    kind: business_pb2.BusinessKind
    employer_no: str
    state: business_pb2.BusinessState
    business_date: date
    submitted_by: str
    submitted_at: datetime
    asked_at: datetime
    step: str = ""
    from_month: int = 0
    to_month: int = 0
    headcount: int = 0
    amount_fen: int = 0
    reverses: str | None = None
    reversed_by: str | None = None
    reason: str = ""
    rejection: bytes | None = None
    consistency: bytes | None = None
    finished: bool = False
    certificate: str = ""
    approved_certificate: str = ""
    request_ref: str = ""


def next_registration_no(connection: Connection, day: date) -> str:
    """登记号: the date, the service's digit and a number that never comes twice."""
    number: int = connection.execute(registration_sequence.next_value().select()).scalar_one()
    return registration_no_of(day, number)


def registration_no_of(day: date, number: int) -> str:
    return f"{day:%Y%m%d}{_SERVICE_DIGIT}{number:07d}"


def add_business(connection: Connection, found: Business) -> None:
    connection.execute(insert(business).values(**asdict(found)))


def load_business(connection: Connection, registration_no: str) -> Business | None:
    row = connection.execute(
        select(business).where(business.c.registration_no == registration_no)
    ).one_or_none()
    return None if row is None else Business(**row._mapping)


def lock_business(connection: Connection, registration_no: str) -> Business | None:
    """Load and hold the business until the transaction ends: its steps happen one at a time."""
    row = connection.execute(
        select(business).where(business.c.registration_no == registration_no).with_for_update()
    ).one_or_none()
    return None if row is None else Business(**row._mapping)


def update_business(connection: Connection, registration_no: str, **values: object) -> Business:
    """Change columns of a business; returns it afterwards."""
    row = connection.execute(
        update(business)
        .where(business.c.registration_no == registration_no)
        .values(**values)
        .returning(*business.c)
    ).one()
    return Business(**row._mapping)


def backlog(connection: Connection, now: datetime) -> tuple[int, datetime | None]:
    """How many businesses have no outcome yet, and since when the oldest waits."""
    open_ones = select(func.count(), func.min(business.c.submitted_at)).where(~business.c.finished)
    count, oldest = connection.execute(open_ones).one()
    return count, oldest


def to_ask_again(
    connection: Connection, now: datetime, *, first: timedelta, longest: timedelta, limit: int
) -> list[Business]:
    """Unfinished businesses that wait for an answer, oldest question first, held for us.

    Each pause is as long as all before it: `first`, the same again, twice that, …, `longest` at most.
    """
    waited = business.c.asked_at - business.c.submitted_at
    pause = func.greatest(first, func.least(waited, longest))
    rows = connection.execute(
        select(business)
        .where(~business.c.finished, business.c.asked_at + pause < now)
        .order_by(business.c.asked_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return [Business(**row._mapping) for row in rows]
