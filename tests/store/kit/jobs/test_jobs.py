"""Jobs: done at least once, recorded once, tried again with pauses, given up in sight of staff."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text

from services.kit import job_worker, jobs
from services.kit.bell import Bell
from services.kit.job_worker import Job, JobKind, JobRefused, Record
from services.kit.jobs import JobState, JobStatus
from tests.store.stage import VAULT, Stage, new_employer_no


class Desk:
    """Does jobs of one kind by `outcomes`: each a value to record or an exception to raise."""

    def __init__(self, stage: Stage, *outcomes: object) -> None:
        self.runtime = stage.runtime
        self.clock = stage.clock
        self.kind = f"kind of {new_employer_no()}"
        self.outcomes = list(outcomes)
        self.seen: list[Job] = []
        self.recorded: list[object] = []
        self.given_up: list[str] = []

    def put(self, key: str = "k", payload: bytes = b"") -> bool:
        with self.runtime.database.transaction() as connection:
            return jobs.enqueue(
                connection,
                kind=self.kind,
                key=key,
                payload=payload,
                vault=VAULT,
                now=self.clock.now(),
            )

    def work(self) -> bool:
        return job_worker.run_one(self.runtime, self.kinds())

    def kinds(self) -> dict[str, JobKind]:
        return {self.kind: JobKind(self._make, self._gave_up)}

    def status(self, key: str = "k") -> JobStatus | None:
        with self.runtime.database.reading() as connection:
            return jobs.status_of(connection, kind=self.kind, key=key)

    def pass_time(self, seconds: float) -> None:
        self.clock.moment += timedelta(seconds=seconds)

    def _make(self, runtime: Any, job: Job) -> Record:
        self.seen.append(job)
        outcome = self.outcomes.pop(0) if self.outcomes else "done"
        if isinstance(outcome, BaseException):
            raise outcome
        return lambda connection, now: self.recorded.append(outcome)

    def _gave_up(self, connection: Connection, job: Job, failure: str, now: datetime) -> None:
        self.given_up.append(failure)


@pytest.fixture
def stage(service_db: Callable[[str], str], tmp_path: Path) -> Iterator[Stage]:
    made = Stage("query", service_db("query"), tmp_path)
    yield made
    made.close()


def test_job_is_done_and_recorded_once(stage: Stage) -> None:
    desk = Desk(stage)
    assert desk.put(payload=b"what to do")
    assert desk.work()
    assert not desk.work()
    assert [(job.payload, job.attempt) for job in desk.seen] == [(b"what to do", 1)]
    assert desk.recorded == ["done"]
    assert desk.status() == JobStatus(JobState.DONE, "")


def test_job_of_the_same_key_is_put_once(stage: Stage) -> None:
    desk = Desk(stage)
    assert desk.put()
    assert not desk.put()
    desk.work()
    assert not desk.put()
    assert len(desk.seen) == 1


def test_payload_is_sealed(stage: Stage) -> None:
    desk = Desk(stage)
    desk.put(payload="试验甲".encode())
    with stage.runtime.database.reading() as connection:
        stored = connection.execute(
            text("SELECT payload_sealed FROM job WHERE kind = :kind"), {"kind": desk.kind}
        ).scalar_one()
    assert "试验甲".encode() not in bytes(stored)


def test_failed_try_is_repeated_after_a_growing_pause(stage: Stage) -> None:
    desk = Desk(stage, OSError("disk"), OSError("disk"), "done")
    desk.put()
    assert desk.work()
    assert not desk.work()
    desk.pass_time(1.1)
    assert desk.work()
    desk.pass_time(1.1)
    assert not desk.work()
    desk.pass_time(4)
    assert desk.work()
    assert [job.attempt for job in desk.seen] == [1, 2, 3]
    assert desk.recorded == ["done"]


def test_fifth_failure_is_the_last_and_names_no_content(stage: Stage) -> None:
    desk = Desk(stage, *[OSError("试验甲's file") for _ in range(9)])
    desk.put()
    for _ in range(9):
        desk.work()
        desk.pass_time(1000)
    assert len(desk.seen) == 5
    assert desk.given_up == ["OSError"]
    assert desk.status() == JobStatus(JobState.FAILED, "OSError")


def test_refused_job_fails_at_once(stage: Stage) -> None:
    desk = Desk(stage, JobRefused("UNSHOWABLE_TEXT"))
    desk.put()
    desk.work()
    assert desk.given_up == ["UNSHOWABLE_TEXT"]
    assert desk.status() == JobStatus(JobState.FAILED, "UNSHOWABLE_TEXT")


def test_failed_job_may_be_done_again_with_all_its_tries(stage: Stage) -> None:
    desk = Desk(stage, JobRefused("X"), OSError(), "done")
    desk.put()
    desk.work()
    with stage.runtime.database.transaction() as connection:
        assert jobs.do_again(connection, kind=desk.kind, key="k", now=desk.clock.now())
        assert not jobs.do_again(connection, kind=desk.kind, key="none", now=desk.clock.now())
    desk.work()
    desk.pass_time(2)
    desk.work()
    assert [job.attempt for job in desk.seen] == [1, 1, 2]
    assert desk.recorded == ["done"]


def test_record_that_fails_leaves_the_job_undone(stage: Stage) -> None:
    desk = Desk(stage)
    desk.put()

    def make(runtime: Any, job: Job) -> Record:
        def record(connection: Connection, now: datetime) -> None:
            raise OSError

        return record

    job_worker.run_one(stage.runtime, {desk.kind: JobKind(make, desk.kinds()[desk.kind].gave_up)})
    status = desk.status()
    assert status is not None
    assert status.state is JobState.WAITING
    desk.pass_time(2)
    desk.work()
    assert desk.recorded == ["done"]


def test_job_of_a_killed_worker_is_taken_over_when_its_lease_has_run_out(stage: Stage) -> None:
    class Killed(BaseException):
        pass

    desk = Desk(stage, Killed(), "done")
    desk.put()
    with pytest.raises(Killed):
        desk.work()
    assert not desk.work()
    desk.pass_time(job_worker.LEASE_S + 0.1)
    assert desk.work()
    assert desk.recorded == ["done"]


def test_job_that_ends_its_worker_each_time_is_given_up(stage: Stage) -> None:
    class Killed(BaseException):
        pass

    desk = Desk(stage, *[Killed() for _ in range(9)])
    desk.put()
    for _ in range(5):
        with pytest.raises(Killed):
            desk.work()
        desk.pass_time(job_worker.LEASE_S + 0.1)
    assert desk.work()
    assert desk.given_up == [job_worker.WORKER_ENDED]
    assert not desk.work()


def test_work_of_a_worker_that_lost_its_lease_is_dropped(stage: Stage) -> None:
    desk = Desk(stage)
    desk.put()
    records: list[str] = []

    def slow(runtime: Any, job: Job) -> Record:
        # Meanwhile the lease runs out and another worker does the job.
        desk.pass_time(job_worker.LEASE_S + 0.1)
        assert desk.work()
        return lambda connection, now: records.append("late")

    job_worker.run_one(stage.runtime, {desk.kind: JobKind(slow, desk.kinds()[desk.kind].gave_up)})
    assert records == []
    assert desk.recorded == ["done"]
    assert desk.status() == JobStatus(JobState.DONE, "")


def test_two_workers_share_the_jobs(stage: Stage) -> None:
    desk = Desk(stage)
    for number in range(20):
        desk.put(key=str(number))

    def work() -> None:
        while desk.work():
            pass

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(int(job.key) for job in desk.seen) == list(range(20))


def test_worker_works_until_it_is_stopped(stage: Stage) -> None:
    desk = Desk(stage)
    stopping = threading.Event()
    worker = threading.Thread(
        target=job_worker.run,
        args=(stage.runtime, desk.kinds()),
        kwargs={"stopping": stopping.is_set},
    )
    worker.start()
    desk.put()
    wait_until(lambda: bool(desk.recorded))
    stopping.set()
    worker.join(5)
    assert not worker.is_alive()


def test_waiting_worker_is_woken_by_a_new_job(stage: Stage) -> None:
    with Bell(stage.runtime.database.url, jobs.CHANNEL) as bell:
        bell.wait(0)  # listens from now on
        threading.Timer(0.1, Desk(stage).put).start()
        started = time.monotonic()
        bell.wait(10)
    assert 0.05 < time.monotonic() - started < 5


def wait_until(condition: Callable[[], bool]) -> None:
    give_up_at = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < give_up_at
        time.sleep(0.005)
