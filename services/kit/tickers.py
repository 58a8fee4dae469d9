"""Work that must be looked for, not waited for: sweepers and schedulers, one process at a time.

This is one of the places that catch everything (CONTRIBUTING.md): a ticker that fails is logged and runs again at its
next time.
"""

from __future__ import annotations

import logging
import time
import zlib
from collections.abc import Callable

from sqlalchemy import text

from services.kit import metrics
from services.kit.app import Runtime, Ticker
from services.kit.logs import account_of

log = logging.getLogger(__name__)

# How often a sleeping ticker looks whether it should stop.
_LOOK_S = 0.5


def run(runtime: Runtime, ticker: Ticker, *, stopping: Callable[[], bool]) -> None:
    """Run `ticker` again and again until `stopping()`."""
    due = time.monotonic()
    while not stopping():
        if time.monotonic() < due:
            time.sleep(_LOOK_S)
            continue
        due = time.monotonic() + ticker.every_s
        try:
            run_once(runtime, ticker)
        except Exception as error:  # noqa: BLE001  # it runs again at its next time
            metrics.TICKER_FAILURES.labels(runtime.app.name, ticker.name).inc()
            log.error("ticker %s of %s failed %s", ticker.name, runtime.app.name, account_of(error))


def run_once(runtime: Runtime, ticker: Ticker) -> bool:
    """Run `ticker` now unless another process is at it; says whether it ran."""
    key = zlib.crc32(f"{runtime.app.name}.{ticker.name}".encode())
    with runtime.database.engine.connect() as guard:
        got = guard.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": key}).scalar()
        guard.commit()
        if not got:
            return False
        try:
            ticker.run(runtime)
        finally:
            guard.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": key})
            guard.commit()
    return True
