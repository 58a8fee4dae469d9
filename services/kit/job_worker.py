"""Plain worker processes: take jobs, do them, record what they leave behind, try again or give up.

A job is done at least once; what it leaves behind is recorded in the transaction that ends it, so it is recorded
once. A worker holds a job by a lease that it renews; the lease of a killed worker runs out and another one takes over.
This is one of the places that catch everything (CONTRIBUTING.md): one job's failure must not end the worker.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, or_, select, update
from sqlalchemy.exc import DBAPIError

from services.kit import metrics
from services.kit.app import Runtime
from services.kit.bell import Bell
from services.kit.jobs import CHANNEL, JobState, job
from services.kit.logs import account_of

log = logging.getLogger(__name__)

# How long a lost notification can delay a job.
POLL_S = 0.5
# A killed worker's job waits this long; renewing three times within it survives two lost renewals.
LEASE_S = 15.0
_RENEW_S = 5.0
# A fault that passes (blob store, token) passes within minutes; a job that fails longer needs a person.
ATTEMPTS_MAX = 5
PAUSES_S = (1, 5, 25, 125)

#: Why a job failed whose worker ended in the middle of it each time.
WORKER_ENDED = "WORKER_ENDED"


@dataclass(frozen=True, slots=True)
class Job:
    """One job as its maker sees it. `attempt` counts from 1."""

    job_no: int
    kind: str
    key: str
    payload: bytes
    attempt: int


class JobRefused(Exception):
    """No later try can succeed. Staff see code and detail, the log the code only; neither has personal data."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


class LeaseLost(Exception):
    """Another worker has taken the job over; this one's work is dropped."""


#: What a finished job leaves in the store, in the transaction that ends the job.
Record = Callable[[Connection, datetime], None]


@dataclass(frozen=True, slots=True)
class JobKind:
    """How a kind of job is done: `make` works outside any transaction and returns what is to be recorded;
    `gave_up` records that it never will be, with the failure's code."""

    make: Callable[[Runtime, Job], Record]
    gave_up: Callable[[Connection, Job, str, datetime], None]


def run(runtime: Runtime, kinds: Mapping[str, JobKind], *, stopping: Callable[[], bool]) -> None:
    """Do jobs of `kinds` until `stopping()`; outlives a store that goes away."""
    with Bell(runtime.database.url, CHANNEL) as bell:
        while not stopping():
            try:
                worked = run_one(runtime, kinds)
            except DBAPIError as error:
                log.warning("jobs of %s pause: %s", runtime.app.name, type(error.orig).__name__)
                worked = False
            if not worked:
                bell.wait(POLL_S)


def run_one(runtime: Runtime, kinds: Mapping[str, JobKind]) -> bool:
    """Do one job to its end, or to its next try; False when none is due."""
    taken = _claim(runtime, list(kinds))
    if taken is None:
        return False
    kind = kinds[taken.kind]
    if taken.attempt > ATTEMPTS_MAX:
        _give_up(runtime, kind, taken, failure=WORKER_ENDED)
        return True
    started = time.monotonic()
    try:
        with _lease_renewed(runtime, taken):
            record = kind.make(runtime, taken)
        _finish(runtime, taken, record)
    except JobRefused as refusal:
        _give_up(runtime, kind, taken, failure=refusal.code, detail=refusal.detail)
    except LeaseLost:
        _count(runtime, taken, "lost")
        log.warning("job %d of kind %s was taken over", taken.job_no, taken.kind)
    except Exception as error:  # noqa: BLE001  # whatever it is, the job is tried later and staff see it
        log.warning("job %d of kind %s failed %s", taken.job_no, taken.kind, account_of(error))
        _try_later(runtime, kind, taken, failure=type(error).__name__)
    else:
        took_s = time.monotonic() - started
        _count(runtime, taken, "done")
        metrics.JOB_SECONDS.labels(runtime.app.name, taken.kind).observe(took_s)
        log.info("job %d of kind %s done ms=%d", taken.job_no, taken.kind, took_s * 1000)
    return True


def _count(runtime: Runtime, taken: Job, outcome: str) -> None:
    metrics.JOBS.labels(runtime.app.name, taken.kind, outcome).inc()


def _claim(runtime: Runtime, kinds: list[str]) -> Job | None:
    now = runtime.clock.now()
    free = or_(
        and_(job.c.state == JobState.WAITING, job.c.due_at <= now),
        and_(job.c.state == JobState.RUNNING, job.c.lease_until < now),
    )
    oldest = (
        select(job.c.job_no)
        .where(free, job.c.kind.in_(kinds))
        .order_by(job.c.due_at, job.c.job_no)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    with runtime.database.transaction() as connection:
        row = connection.execute(
            update(job)
            .where(job.c.job_no == oldest.scalar_subquery())
            .values(
                state=JobState.RUNNING,
                attempts=job.c.attempts + 1,
                lease_until=now + timedelta(seconds=LEASE_S),
            )
            .returning(job)
        ).one_or_none()
    if row is None:
        return None
    payload = runtime.vault.open(bytes(row.payload_sealed))
    return Job(row.job_no, row.kind, row.key, payload, row.attempts)


@contextmanager
def _lease_renewed(runtime: Runtime, taken: Job) -> Iterator[None]:
    done = threading.Event()

    def renew() -> None:
        while not done.wait(_RENEW_S):
            until = runtime.clock.now() + timedelta(seconds=LEASE_S)
            try:
                with runtime.database.transaction() as connection:
                    _update_held(connection, taken, lease_until=until)
            except (DBAPIError, LeaseLost) as error:
                log.warning("job %d: lease not renewed: %s", taken.job_no, type(error).__name__)

    thread = threading.Thread(target=renew, name=f"lease of job {taken.job_no}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _finish(runtime: Runtime, taken: Job, record: Record) -> None:
    now = runtime.clock.now()
    with runtime.database.transaction() as connection:
        _update_held(
            connection, taken, state=JobState.DONE, lease_until=None, failure="", ended_at=now
        )
        record(connection, now)


def _give_up(
    runtime: Runtime, kind: JobKind, taken: Job, *, failure: str, detail: str = ""
) -> None:
    now = runtime.clock.now()
    _count(runtime, taken, "failed")
    log.error("job %d of kind %s failed for good: %s", taken.job_no, taken.kind, failure)
    if detail:
        failure = f"{failure}: {detail}"
    with runtime.database.transaction() as connection:
        _update_held(
            connection,
            taken,
            state=JobState.FAILED,
            lease_until=None,
            failure=failure,
            ended_at=now,
        )
        kind.gave_up(connection, taken, failure, now)


def _try_later(runtime: Runtime, kind: JobKind, taken: Job, *, failure: str) -> None:
    if taken.attempt >= ATTEMPTS_MAX:
        _give_up(runtime, kind, taken, failure=failure)
        return
    pause_s = PAUSES_S[taken.attempt - 1]
    _count(runtime, taken, "again")
    log.warning(
        "job %d of kind %s: try %d of %d failed: %s; again in %d s",
        taken.job_no,
        taken.kind,
        taken.attempt,
        ATTEMPTS_MAX,
        failure,
        pause_s,
    )
    with runtime.database.transaction() as connection:
        _update_held(
            connection,
            taken,
            state=JobState.WAITING,
            due_at=runtime.clock.now() + timedelta(seconds=pause_s),
            lease_until=None,
            failure=failure,
        )


def _update_held(connection: Connection, taken: Job, **values: object) -> None:
    """Change the job if it is still ours: the attempt's number is the proof."""
    changed = connection.execute(
        update(job)
        .where(
            job.c.job_no == taken.job_no,
            job.c.state == JobState.RUNNING,
            job.c.attempts == taken.attempt,
        )
        .values(**values)
    )
    if not changed.rowcount:
        raise LeaseLost
