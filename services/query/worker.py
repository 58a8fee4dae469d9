"""The plain process beside query: makes the files of 导出, 打印 and 复制 (manual 四)."""

from __future__ import annotations

from collections.abc import Callable

from services.kit import job_worker
from services.kit.app import Runtime
from services.query.exports import KINDS


def run_jobs(runtime: Runtime, *, stopping: Callable[[], bool]) -> None:
    """Do query's jobs until `stopping()`."""
    job_worker.run(runtime, KINDS, stopping=stopping)
