"""Accepted businesses of collection, and what it has answered to remittances."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime

from sqlalchemy import Connection, insert, select, update

from services.collection.models import business, registration_sequence, roster_hold

# The service's digit keeps numbers of collection and deposit apart.
_SERVICE_DIGIT = "1"

#: States of a roster hold.
HELD, REFUSED, POSTED, REJECTED = "held", "refused", "posted", "rejected"


@dataclass(frozen=True, slots=True)
class Business:
    """One accepted business; `rejection` and `consistency` are serialized messages."""

    registration_no: str
    kind: int
    employer_no: str
    state: int
    business_date: date
    submitted_by: str
    submitted_at: datetime
    headcount: int = 0
    amount_fen: int = 0
    certificate: str = ""
    request_ref: str = ""
    rejection: bytes | None = None
    consistency: bytes | None = None


@dataclass(frozen=True, slots=True)
class RosterHold:
    """The answer to one remittance."""

    registration_no: str
    employer_no: str
    to_month: int
    state: str
    refusal: bytes | None = None


def next_registration_no(connection: Connection, day: date) -> str:
    """登记号: the date, the service's digit and a number that never comes twice."""
    number: int = connection.execute(registration_sequence.next_value().select()).scalar_one()
    return f"{day:%Y%m%d}{_SERVICE_DIGIT}{number:07d}"


def add_business(connection: Connection, found: Business) -> None:
    connection.execute(insert(business).values(**asdict(found)))


def load_business(connection: Connection, registration_no: str) -> Business | None:
    row = connection.execute(
        select(business).where(business.c.registration_no == registration_no)
    ).one_or_none()
    return None if row is None else Business(**row._mapping)


def lock_roster_hold(connection: Connection, registration_no: str) -> RosterHold | None:
    row = connection.execute(
        select(roster_hold)
        .where(roster_hold.c.registration_no == registration_no)
        .with_for_update()
    ).one_or_none()
    return None if row is None else RosterHold(**row._mapping)


def add_roster_hold(connection: Connection, hold: RosterHold) -> None:
    connection.execute(insert(roster_hold).values(**asdict(hold)))


def end_roster_hold(connection: Connection, registration_no: str, *, state: str) -> None:
    connection.execute(
        update(roster_hold)
        .where(roster_hold.c.registration_no == registration_no)
        .values(state=state)
    )
