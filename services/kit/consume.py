"""Decides what becomes of a delivered event: handled, tried again, or dead. Knows no framework.

    handled (or handled before)  → acknowledge
    Poison                       → dead letter at once
    anything else                → again after a growing pause, TRIES_MAX times, then dead letter

The pause is taken in place: what comes later in the queue waits, so one employer's events keep their order. This is
one of the three places that catch everything.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any

from sqlalchemy.exc import DBAPIError

from services.kit.app import Runtime, Subscription
from services.kit.calls import handle_event
from services.kit.db import is_connection_lost
from services.kit.events import Event, Poison

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
        except Exception as error:
            if isinstance(error, DBAPIError) and is_connection_lost(error):
                log.warning("store unreachable, event=%s goes back", event.event_id)
                time.sleep(PAUSE_MAX_S)
                return Outcome.RETURNED
            log.warning(
                "try %d of %d failed consumer=%s type=%s event=%s error=%s",
                attempt,
                TRIES_MAX,
                runtime.app.name,
                event.type,
                event.event_id,
                type(error).__name__,
                exc_info=attempt == TRIES_MAX,
            )
        if stopping():
            return Outcome.RETURNED
        if attempt < TRIES_MAX:
            time.sleep(pause)
            pause = min(pause * 3, PAUSE_MAX_S)
    return Outcome.DEAD
