"""Decides what becomes of a delivered event: handled, tried again, or dead. Knows no framework.

    from somebody else           → dead letter at once
    handled (or handled before)  → acknowledge
    Poison, a value that cannot be taken → dead letter at once
    the store is away            → give back, and take nothing until it is there again
    anything else                → again after a growing pause, TRIES_MAX times, then dead letter

The pause is taken in place: what comes later in the queue waits, so one employer's events keep their order. Where that
order counts, a dead letter parks its employer: what follows is not waited for as long, since it cannot be handled before
it, and the others' events do not wait behind it. This is one of the places that catch everything (CONTRIBUTING.md).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any

from google.protobuf.message import DecodeError
from sqlalchemy.exc import DataError, DBAPIError

from services.kit import metrics
from services.kit.app import Runtime, Subscription
from services.kit.calls import handle_event
from services.kit.db import is_connection_lost
from services.kit.events import Event, Poison, TooEarly
from services.kit.logs import account_of

log = logging.getLogger(__name__)

TRIES_MAX = 5
PAUSE_FIRST_S = 0.05
PAUSE_MAX_S = 2.0
# The second is for an event of a parked subject whose dead letter another process is just handling again.
TRIES_OF_PARKED = 2
# Far more employers than one fault parks; beyond it the oldest are only waited for again.
PARKED_MAX = 10_000

#: An event that failed like this fails like this again.
SAME_AGAIN = (ValueError, TypeError, DecodeError, DataError, Poison)


class Outcome(Enum):
    HANDLED = "handled"
    DEAD = "dead"
    #: the store is away or we are stopping: give the message back untouched
    RETURNED = "returned"


class Parked:
    """Subjects of one queue whose event became a dead letter, as far as this process has seen."""

    def __init__(self) -> None:
        self._subjects: dict[str, None] = {}

    def __contains__(self, subject: str) -> bool:
        return subject in self._subjects

    def note(self, subject: str, outcome: Outcome) -> None:
        """A dead letter parks its subject until one of its events is handled."""
        if outcome is Outcome.HANDLED:
            self._subjects.pop(subject, None)
        elif outcome is Outcome.DEAD:
            self._subjects[subject] = None
        if len(self._subjects) > PARKED_MAX:
            del self._subjects[next(iter(self._subjects))]


def process(
    runtime: Runtime,
    subscription: Subscription,
    headers: Mapping[str, Any],
    body: bytes,
    *,
    user_id: str,
    parked: Parked | None = None,
    stopping: Callable[[], bool] = lambda: False,
) -> Outcome:
    """Handle one delivery, sent by the broker's user `user_id`, to its end."""
    senders = runtime.kit.senders
    if senders.is_from(subscription.source, user_id=user_id, headers=headers):
        outcome = _process(runtime, subscription, headers, body, parked or Parked(), stopping)
    else:
        # Kept as evidence. `user_id` is who really sent it, or who first did if an operator sent it again.
        log.error(
            "forged event in the queue of %s consumer=%s user=%s",
            subscription.source,
            runtime.app.name,
            senders.sender_of(user_id, headers),
        )
        metrics.FORGED.labels(runtime.app.name, "event").inc()
        outcome = Outcome.DEAD
    metrics.EVENTS.labels(runtime.app.name, subscription.source, outcome.value).inc()
    return outcome


def _process(
    runtime: Runtime,
    subscription: Subscription,
    headers: Mapping[str, Any],
    body: bytes,
    parked: Parked,
    stopping: Callable[[], bool],
) -> Outcome:
    try:
        event = Event.from_message(headers, body)
    except Poison as error:
        log.error("dead letter consumer=%s: %s", runtime.app.name, error)
        return Outcome.DEAD
    outcome = _handled(runtime, subscription, event, event.subject in parked, stopping)
    parked.note(event.subject, outcome)
    return outcome


def _handled(
    runtime: Runtime,
    subscription: Subscription,
    event: Event,
    is_parked: bool,
    stopping: Callable[[], bool],
) -> Outcome:
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
            tries = _tries_for(error, is_parked=is_parked)
            _log_failure(runtime, event, error, attempt, tries)
        if attempt >= tries:
            return Outcome.DEAD
        if stopping():
            return Outcome.RETURNED
        time.sleep(pause)
        pause = min(pause * 3, PAUSE_MAX_S)
    return Outcome.DEAD


def _tries_for(error: Exception, *, is_parked: bool) -> int:
    if isinstance(error, SAME_AGAIN):
        return 1
    return TRIES_OF_PARKED if is_parked and isinstance(error, TooEarly) else TRIES_MAX


def _log_failure(
    runtime: Runtime, event: Event, error: Exception, attempt: int, tries: int
) -> None:
    """Where it failed, once."""
    told = account_of(error)
    log.warning(
        "try %d of %d failed consumer=%s type=%s event=%s error=%s",
        attempt,
        tries,
        runtime.app.name,
        event.type,
        event.event_id,
        told if attempt >= tries else told.partition("\n")[0],
    )
