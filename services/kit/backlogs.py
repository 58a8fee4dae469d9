"""Measures what waits in a store, for Prometheus: in every process, whether or not anybody works on it.

The alarms of docs/runbook.md stand on these figures, so they come from a loop of their own: the relay that stands and
the worker that is away would not tell.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from sqlalchemy.exc import DBAPIError

from services.kit import metrics, outbox
from services.kit.app import Backlog, Runtime
from services.kit.db import failure_of

log = logging.getLogger(__name__)

#: As often as Prometheus usually asks.
EVERY_S = 15.0
# How often a sleeping loop looks whether it should stop.
_LOOK_S = 0.5

EVENTS = Backlog("event", outbox.backlog)


def run(runtime: Runtime, *, stopping: Callable[[], bool]) -> None:
    """Measure again and again until `stopping()`."""
    due = time.monotonic()
    while not stopping():
        if time.monotonic() >= due:
            due = time.monotonic() + EVERY_S
            measure(runtime)
        time.sleep(_LOOK_S)


def measure(runtime: Runtime) -> None:
    """Set the figures once; without a store they stay as they were, and it is said that it does not answer."""
    service, now = runtime.app.name, runtime.clock.now()
    try:
        for backlog in (EVENTS, *runtime.app.backlogs):
            with runtime.database.statement() as connection:
                count, oldest = backlog.look(connection, now)
            waited_s = (now - oldest).total_seconds() if oldest is not None else 0.0
            metrics.WAITING.labels(service, backlog.what).set(count)
            metrics.WAITING_SECONDS.labels(service, backlog.what).set(max(waited_s, 0.0))
    except DBAPIError as error:
        metrics.STORE_REACHABLE.labels(service).set(0)
        log.warning("backlogs of %s not measured: %s", service, failure_of(error))
    else:
        metrics.STORE_REACHABLE.labels(service).set(1)
