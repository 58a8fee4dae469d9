"""The SQL of the submissions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, or_, select, update

from services.kit.app import Principal
from services.kit.pages import Page
from services.kit.submissions.models import (
    submission_evidence,
    waiting_sequence,
    waiting_submission,
)
from services.kit.submissions.rules import Standing, State

_LISTS = ("roles", "policies")


@dataclass(frozen=True, slots=True)
class Evidence:
    """One signed submission or approval."""

    number: str
    employer_no: str
    method: str
    canonical_sealed: bytes
    algorithm: str
    certificate: bytes
    signature: bytes
    session_id: str
    kept_at: datetime


@dataclass(frozen=True, slots=True)
class Waiting:
    """One submission that waits, or waited, for approval. `kind` is a BusinessKind."""

    waiting_no: str
    employer_no: str
    method: str
    kind: int
    headcount: int
    amount_fen: int
    request_sealed: bytes
    canonical_sealed: bytes
    content_sealed: bytes
    content_sha256: str
    submitter: Principal
    signed: bool
    submitted_at: datetime
    expires_at: datetime
    state: State = State.WAITING
    decided_at: datetime | None = None
    decider: Principal | None = None
    reason_sealed: bytes = field(default=b"", repr=False)
    registration_no: str = ""

    @property
    def standing(self) -> Standing:
        return Standing(self.state, self.submitter.certificate, self.expires_at)


def add_evidence(connection: Connection, kept: Evidence) -> None:
    connection.execute(insert(submission_evidence).values(**asdict(kept)))


def evidence_of(connection: Connection, numbers: Sequence[str]) -> list[Evidence]:
    """What was signed under these numbers, oldest first."""
    rows = connection.execute(
        select(submission_evidence)
        .where(submission_evidence.c.number.in_(numbers))
        .order_by(submission_evidence.c.evidence_no)
    )
    return [
        Evidence(
            **{name: _plain(value) for name, value in row._mapping.items() if name != "evidence_no"}
        )
        for row in rows
    ]


def next_waiting_no(connection: Connection, owner: str, day: date) -> str:
    """`WD202611230000017`: the owner's initial keeps numbers of different owners apart."""
    number: int = connection.execute(waiting_sequence.next_value().select()).scalar_one()
    return f"W{owner[0].upper()}{day:%Y%m%d}{number:07d}"


def add_waiting(connection: Connection, new: Waiting) -> None:
    values = {name: getattr(new, name) for name in Waiting.__dataclass_fields__}
    values["submitter"], values["decider"] = asdict(new.submitter), None
    connection.execute(insert(waiting_submission).values(**values))


def count_waiting(connection: Connection, employer_no: str) -> int:
    query = select(func.count()).where(
        waiting_submission.c.employer_no == employer_no,
        waiting_submission.c.state == State.WAITING,
    )
    return connection.execute(query).scalar_one()


def load_waiting(
    connection: Connection, waiting_no: str, *, employer_no: str, lock: bool = False
) -> Waiting | None:
    """One of the employer's; `lock` holds it for a decision."""
    query = select(waiting_submission).where(
        waiting_submission.c.waiting_no == waiting_no,
        waiting_submission.c.employer_no == employer_no,
    )
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    return None if row is None else _waiting(row)


def waited_as(connection: Connection, number: str) -> Waiting | None:
    """Whoever's it is: what waits or waited under this number, or came to be under this registration number."""
    query = select(waiting_submission).where(
        or_(
            waiting_submission.c.waiting_no == number,
            (waiting_submission.c.registration_no == number)
            & (waiting_submission.c.registration_no != ""),
        )
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else _waiting(row)


def page_of_waiting(
    connection: Connection, employer_no: str, *, decided: bool, page: Page
) -> list[Waiting]:
    """One page of the employer's, newest first."""
    waits = waiting_submission.c.state == State.WAITING
    query = select(waiting_submission).where(
        waiting_submission.c.employer_no == employer_no, ~waits if decided else waits
    )
    if page.after is not None:
        query = query.where(waiting_submission.c.waiting_no < str(page.after[0]))
    rows = connection.execute(
        query.order_by(waiting_submission.c.waiting_no.desc()).limit(page.fetch)
    )
    return [_waiting(row) for row in rows]


def decide(
    connection: Connection,
    waiting_no: str,
    *,
    state: State,
    now: datetime,
    decider: Principal | None = None,
    reason_sealed: bytes = b"",
    registration_no: str = "",
) -> Waiting:
    row = connection.execute(
        update(waiting_submission)
        .where(waiting_submission.c.waiting_no == waiting_no)
        .values(
            state=state,
            decided_at=now,
            decider=None if decider is None else asdict(decider),
            reason_sealed=reason_sealed,
            registration_no=registration_no,
        )
        .returning(waiting_submission)
    ).one()
    return _waiting(row)


def expired(connection: Connection, *, now: datetime, limit: int) -> list[Waiting]:
    """Some that waited too long, held; those that somebody is deciding on are left alone."""
    rows = connection.execute(
        select(waiting_submission)
        .where(waiting_submission.c.state == State.WAITING, waiting_submission.c.expires_at <= now)
        .order_by(waiting_submission.c.expires_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return [_waiting(row) for row in rows]


def _waiting(row: Row[Any]) -> Waiting:
    values = {name: _plain(value) for name, value in row._mapping.items()}
    values["state"] = State(values["state"])
    values["submitter"] = _principal(values["submitter"])
    values["decider"] = _principal(values["decider"]) if values["decider"] else None
    return Waiting(**values)


def _principal(kept: dict[str, Any]) -> Principal:
    return Principal(**{**kept, **{name: tuple(kept[name]) for name in _LISTS}})


def _plain(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else value
