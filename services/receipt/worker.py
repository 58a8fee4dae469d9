"""The plain process beside receipt: renders and signs. One a token: PKCS#11 takes one session at a time."""

from __future__ import annotations

from collections.abc import Callable

from services.kit import job_worker
from services.kit.app import Runtime
from services.receipt.domain import RENDER
from services.receipt.prints import Press
from services.receipt.settings import ReceiptSettings


def run_jobs(runtime: Runtime, *, stopping: Callable[[], bool]) -> None:
    """Do receipt's jobs until `stopping()`."""
    assert isinstance(runtime.settings, ReceiptSettings)
    press = Press.load(runtime.settings, runtime.kit)
    job_worker.run(runtime, {RENDER: press.kind()}, stopping=stopping)
