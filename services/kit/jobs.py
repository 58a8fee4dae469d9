"""Slow work (rendering, exports) as rows of a table, done by plain worker processes (`job_worker`).

A job is put there in the transaction that makes it necessary, once for each kind and key.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    delete,
    func,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from services.kit.app import Backlog
from services.kit.tables import NAMING
from services.kit.vault import Vault

#: NOTIFY channel that wakes the workers.
CHANNEL = "job"


class JobState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


metadata = MetaData(naming_convention=NAMING)

job = Table(
    "job",
    metadata,
    Column("job_no", BigInteger, Identity(always=True), nullable=False),
    Column("kind", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("payload_sealed", LargeBinary, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("due_at", DateTime(timezone=True), nullable=False),
    Column("lease_until", DateTime(timezone=True)),
    Column("failure", Text, nullable=False, server_default=text("''")),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True)),
    # How much of how much is done, for those who wait; 0 of 0 when nobody counts.
    Column("done", BigInteger, nullable=False, server_default=text("0")),
    Column("total", BigInteger, nullable=False, server_default=text("0")),
    PrimaryKeyConstraint("job_no"),
    UniqueConstraint("kind", "key"),
    Index(
        "ix_job_open", "due_at", "job_no", postgresql_where=text("state IN ('waiting', 'running')")
    ),
)


def create_job_table(bind: Connection) -> None:
    """Called by the first migration of every service that has a worker."""
    metadata.create_all(bind)


@dataclass(frozen=True, slots=True)
class JobStatus:
    """Where a job stands; `done` of `total` as its kind counts."""

    state: JobState
    failure: str
    done: int = 0
    total: int = 0


def enqueue(
    connection: Connection, *, kind: str, key: str, payload: bytes, vault: Vault, now: datetime
) -> bool:
    """Put a job there unless there is one of that kind and key; says whether it was put."""
    put = connection.execute(
        insert(job)
        .values(
            kind=kind,
            key=key,
            payload_sealed=vault.seal(payload),
            state=JobState.WAITING,
            due_at=now,
            created_at=now,
        )
        .on_conflict_do_nothing()
        .returning(job.c.job_no)
    ).first()
    connection.execute(select(func.pg_notify(CHANNEL, "")))
    return put is not None


def status_of(connection: Connection, *, kind: str, key: str) -> JobStatus | None:
    """Where a job stands, None when there is none."""
    row = connection.execute(
        select(job.c.state, job.c.failure, job.c.done, job.c.total).where(
            job.c.kind == kind, job.c.key == key
        )
    ).one_or_none()
    return JobStatus(JobState(row.state), row.failure, row.done, row.total) if row else None


def put_progress(connection: Connection, job_no: int, *, done: int, total: int) -> None:
    """Note how far a job is, for those who wait for it."""
    connection.execute(update(job).where(job.c.job_no == job_no).values(done=done, total=total))


def do_again(connection: Connection, *, kind: str, key: str, now: datetime) -> bool:
    """Let a job be done once more with all its attempts, whatever became of it; False when there is none."""
    changed = connection.execute(
        update(job)
        .where(job.c.kind == kind, job.c.key == key)
        .values(
            state=JobState.WAITING,
            attempts=0,
            due_at=now,
            lease_until=None,
            failure="",
            ended_at=None,
        )
    )
    connection.execute(select(func.pg_notify(CHANNEL, "")))
    return bool(changed.rowcount)


def backlog(connection: Connection, now: datetime) -> tuple[int, datetime | None]:
    """How many jobs are due and taken by nobody, and since when the oldest is due."""
    due = select(func.count(), func.min(job.c.due_at)).where(
        job.c.state == JobState.WAITING, job.c.due_at <= now
    )
    count, oldest = connection.execute(due).one()
    return count, oldest


BACKLOG = Backlog("job", backlog)


def forget_ended(connection: Connection, *, kind: str, before: datetime, limit: int) -> int:
    """Remove at most `limit` jobs of a kind that ended before that moment; how many there were."""
    ended = select(job.c.job_no).where(job.c.kind == kind, job.c.ended_at < before).limit(limit)
    return connection.execute(delete(job).where(job.c.job_no.in_(ended))).rowcount
