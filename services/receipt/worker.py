"""The plain process beside receipt: renders and signs. One a token: PKCS#11 takes one session at a time."""

from __future__ import annotations

from collections.abc import Callable

from services.kit import job_worker
from services.kit.app import Runtime
from services.receipt.domain import RENDER
from services.receipt.prints import Press
from services.receipt.query_prints import QUERY_PRINT, kind_of_job
from services.receipt.settings import ReceiptSettings


def run_jobs(runtime: Runtime, *, stopping: Callable[[], bool]) -> None:
    """Do receipt's jobs until `stopping()`."""
    assert isinstance(runtime.settings, ReceiptSettings)
    press = Press.load(runtime.settings, runtime.kit)
    kinds = {RENDER: press.kind(), QUERY_PRINT: kind_of_job(press.fonts)}
    job_worker.run(runtime, kinds, stopping=stopping)
