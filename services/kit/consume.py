"""Decides what becomes of a delivered event: handled, tried again, or dead. Knows no framework.

    handled (or handled before)  → acknowledge
    Poison                       → dead letter at once
    the store is away            → give back, and take nothing until it is there again
    anything else                → again after a growing pause, TRIES_MAX times, then dead letter

The pause is taken in place: what comes later in the queue waits, so one employer's events keep their order. This is
one of the places that catch everything (CONTRIBUTING.md).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any

from sqlalchemy.exc import DBAPIError

from services.kit import metrics
from services.kit.app import Runtime, Subscription
from services.kit.calls import handle_event
from services.kit.db import is_connection_lost
from services.kit.events import Event, Poison
from services.kit.logs import account_of

log = logging.getLogger(__name__)

TRIES_MAX = 5
PAUSE_FIRST_S = 0.05
PAUSE_MAX_S = 2.0


class Outcome(Enum):
    HANDLED = "handled"
    DEAD = "dead"
    #: the store is away or we are stopping: give the message back untouched
    RETURNED = "returned"


def process(
    runtime: Runtime,
    subscription: Subscription,
    headers: Mapping[str, Any],
    body: bytes,
    *,
    stopping: Callable[[], bool] = lambda: False,
) -> Outcome:
    """Handle one delivery to its end."""
    outcome = _process(runtime, subscription, headers, body, stopping)
    metrics.EVENTS.labels(runtime.app.name, subscription.source, outcome.value).inc()
    return outcome


def _process(
    runtime: Runtime,
    subscription: Subscription,
    headers: Mapping[str, Any],
    body: bytes,
    stopping: Callable[[], bool],
) -> Outcome:
    try:
        event = Event.from_message(headers, body)
    except Poison as error:
        log.error("dead letter consumer=%s: %s", runtime.app.name, error)
        return Outcome.DEAD
    pause = PAUSE_FIRST_S
    for attempt in range(1, TRIES_MAX + 1):
        try:
            handle_event(runtime, subscription, event)
            return Outcome.HANDLED
        except Poison as error:
            log.error(
                "dead letter consumer=%s event=%s: %s", runtime.app.name, event.event_id, error
            )
            return Outcome.DEAD
        except Exception as error:  # noqa: BLE001  # decides below; a fault must not end the consumer
            if isinstance(error, DBAPIError) and is_connection_lost(error):
                log.warning("store unreachable, event=%s goes back", event.event_id)
                return Outcome.RETURNED
            _log_failure(runtime, event, error, attempt)
        if stopping():
            return Outcome.RETURNED
        if attempt < TRIES_MAX:
            time.sleep(pause)
            pause = min(pause * 3, PAUSE_MAX_S)
    return Outcome.DEAD


def _log_failure(runtime: Runtime, event: Event, error: Exception, attempt: int) -> None:
    """Where it failed, once."""
    told = account_of(error)
    log.warning(
        "try %d of %d failed consumer=%s type=%s event=%s error=%s",
        attempt,
        TRIES_MAX,
        runtime.app.name,
        event.type,
        event.event_id,
        told if attempt == TRIES_MAX else told.partition("\n")[0],
    )
