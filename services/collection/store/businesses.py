"""Accepted businesses of collection, and what it has answered to remittances."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta

from hpf.common.v1 import business_pb2
from sqlalchemy import Connection, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert

from services.collection.models import (
    business,
    mobile_change,
    pending_saga,
    registration_sequence,
    roster_hold,
)

# The service's digit keeps numbers of collection and deposit apart.
_SERVICE_DIGIT = "1"

#: States of a roster hold.
HELD, REFUSED, POSTED, REJECTED = "held", "refused", "posted", "rejected"


@dataclass(frozen=True, slots=True)
class Business:
    """One accepted business; `rejection` and `consistency` are serialized messages."""

    registration_no: str
    kind: business_pb2.BusinessKind
    employer_no: str
    state: business_pb2.BusinessState
    business_date: date
    submitted_by: str
    submitted_at: datetime
    headcount: int = 0
    amount_fen: int = 0
    certificate: str = ""
    approved_certificate: str = ""
    request_ref: str = ""
    rejection: bytes | None = None
    consistency: bytes | None = None
    changes_sealed: bytes | None = None


@dataclass(frozen=True, slots=True)
class RosterHold:
    """The answer to one remittance."""

    registration_no: str
    employer_no: str
    to_month: int
    state: str
    refusal: bytes | None = None


@dataclass(frozen=True, slots=True)
class PendingSaga:
    """A transfer (with target and people) or a closing (with its reason) that waits for deposit."""

    registration_no: str
    employer_no: str
    business_date: date
    asked_at: datetime
    target_employer_no: str = ""
    account_nos: Sequence[str] = ()
    close_reason: str = ""


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


def update_business(connection: Connection, registration_no: str, **values: object) -> None:
    connection.execute(
        update(business).where(business.c.registration_no == registration_no).values(**values)
    )


def add_saga(connection: Connection, pending: PendingSaga) -> None:
    connection.execute(
        insert(pending_saga).values({**asdict(pending), "account_nos": list(pending.account_nos)})
    )


def take_saga(connection: Connection, registration_no: str) -> PendingSaga | None:
    """End the waiting; None when it had ended before."""
    row = connection.execute(
        delete(pending_saga)
        .where(pending_saga.c.registration_no == registration_no)
        .returning(*pending_saga.c)
    ).one_or_none()
    return None if row is None else PendingSaga(**row._mapping)


def sagas_to_ask_again(
    connection: Connection, now: datetime, *, first: timedelta, longest: timedelta, limit: int
) -> list[PendingSaga]:
    """Businesses that wait for deposit, oldest question first, held for us.

    Each pause is as long as all before it: `first`, the same again, twice that, …, `longest` at most.
    """
    waited = pending_saga.c.asked_at - business.c.submitted_at
    pause = func.greatest(first, func.least(waited, longest))
    rows = connection.execute(
        select(pending_saga)
        .join(business, business.c.registration_no == pending_saga.c.registration_no)
        .where(pending_saga.c.asked_at + pause < now)
        .order_by(pending_saga.c.asked_at)
        .limit(limit)
        .with_for_update(of=pending_saga, skip_locked=True)
    )
    return [PendingSaga(**row._mapping) for row in rows]


def backlog(connection: Connection, now: datetime) -> tuple[int, datetime | None]:
    """How many transfers and closings wait for deposit, and since when the oldest does."""
    waiting = select(func.count(), func.min(business.c.submitted_at)).join_from(
        pending_saga, business, business.c.registration_no == pending_saga.c.registration_no
    )
    count, oldest = connection.execute(waiting).one()
    return count, oldest


def note_asked(connection: Connection, registration_no: str, *, now: datetime) -> None:
    connection.execute(
        update(pending_saga)
        .where(pending_saga.c.registration_no == registration_no)
        .values(asked_at=now)
    )


def put_mobile_change(
    connection: Connection, employer_no: str, *, change_no: str, mobile_sealed: bytes
) -> None:
    """The agent's new mobile waits for its code; a newer change takes the place of an older one."""
    values = {"change_no": change_no, "mobile_sealed": mobile_sealed}
    connection.execute(
        pg_insert(mobile_change)
        .values(employer_no=employer_no, **values)
        .on_conflict_do_update(index_elements=[mobile_change.c.employer_no], set_=values)
    )


def take_mobile_change(connection: Connection, employer_no: str, *, change_no: str) -> bytes | None:
    """The sealed mobile that waited under `change_no`, which waits no longer."""
    row = connection.execute(
        delete(mobile_change)
        .where(mobile_change.c.employer_no == employer_no, mobile_change.c.change_no == change_no)
        .returning(mobile_change.c.mobile_sealed)
    ).one_or_none()
    return None if row is None else bytes(row.mobile_sealed)
