"""Follows what is under way for those who watch it: a business of several steps, a file that is being made.

Its owner is asked how it stands, at once, whenever something is heard of it, and from time to time in case that was
missed; only what has changed is passed on. So events wake, and never tell: told twice, late or not at all they change
nothing but the moment.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

from services.edge.bus_client import BusReply
from services.edge.outcomes import MARGIN_S
from services.kit.errors import DEADLINE_PASSED, SERVICE_UNAVAILABLE, DomainError
from services.kit.events import Event, Poison

log = logging.getLogger(__name__)

#: When the owner is asked without having heard anything; from the last on every 2 s.
ASK_AFTER_S: Final = (0.3, 0.7, 1.0, 2.0)
#: An owner that is away for a moment does not end a stream.
_PASSES: Final = (SERVICE_UNAVAILABLE.code, DEADLINE_PASSED.code)

Ask = Callable[[], Awaitable[BusReply]]


class Watching:
    """Wakes those who follow something when it is heard of."""

    def __init__(self) -> None:
        self._waiting: dict[str, set[asyncio.Event]] = {}

    def hear(self, event: Event) -> None:
        """An event moves a business on: whoever follows it looks at once."""
        try:
            message = event.message()
        except Poison as error:
            log.error("event=%s: %s", event.event_id, error)
            return
        business = getattr(message, "business", message)
        for waiting in self._waiting.get(getattr(business, "registration_no", ""), ()):
            waiting.set()

    async def follow(self, ask: Ask, *, lasts_s: float) -> AsyncIterator[BusReply]:
        """The answer as it stands, each that differs from the one before, and the last one.

        Ends without a last one when its time is over first. Raises what the first `ask` raises, and later what will
        not pass by itself.
        """
        ends_at = asyncio.get_running_loop().time() + max(0.0, lasts_s - MARGIN_S)
        reply = await ask()
        yield reply
        pauses = list(ASK_AFTER_S)
        while reply.again:
            left_s = ends_at - asyncio.get_running_loop().time()
            if left_s <= 0:
                return
            pause_s = pauses.pop(0) if len(pauses) > 1 else pauses[0]
            await self._heard(reply.again, timeout_s=min(pause_s, left_s))
            newer = await _asked_again(ask)
            if newer is not None and newer != reply:
                reply = newer
                yield reply

    async def _heard(self, about: str, *, timeout_s: float) -> None:
        """Return when something is heard of it, or after the timeout."""
        heard = asyncio.Event()
        self._waiting.setdefault(about, set()).add(heard)
        try:
            async with asyncio.timeout(timeout_s):
                await heard.wait()
        except TimeoutError:
            pass  # what was missed is seen by asking
        finally:
            self._waiting[about].discard(heard)
            if not self._waiting[about]:
                del self._waiting[about]


async def _asked_again(ask: Ask) -> BusReply | None:
    """How it stands, None when its owner cannot say just now."""
    try:
        return await ask()
    except DomainError as error:
        if error.reason.code not in _PASSES:
            raise
        log.warning("cannot be followed just now: %s", error)
        return None
