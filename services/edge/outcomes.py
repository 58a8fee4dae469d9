"""Waits for the outcome of a business that more than one service takes part in, so that no service worker waits.

A reply that is still pending is held back here until the business's last event arrives, a few ten milliseconds
later. Should the event be missed, its owner is asked from time to time. When the deadline comes first, the pending
reply goes out as it is: whoever asked can ask again by the registration number.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from hpf.common.v1 import business_pb2
from hpf.common.v1.business_pb2 import Business, ConsistencyToken

from services.kit.events import Event, Poison

log = logging.getLogger(__name__)

ROUTING_KEY: Final = "*.business_finished"

#: The event may overtake the reply that makes us look for it; more than seconds it never does.
REMEMBERED_S: Final = 60.0
#: 1 KB each: as many businesses as end within that time on a busy day.
REMEMBERED_MAX: Final = 20_000
#: When the owner is asked: soon, for a repeated request whose event is long gone, then every 2 s.
ASK_AFTER_S: Final = (0.3, 1.0, 2.0)
#: The reply still has to travel.
MARGIN_S: Final = 0.3


@dataclass(frozen=True, slots=True)
class _Remembered:
    business: Business
    at_s: float


class Outcomes:
    """Hears how businesses end and tells those who wait."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, _Remembered] = OrderedDict()
        self._waiting: dict[str, list[asyncio.Future[Business]]] = {}

    def hear(self, event: Event) -> None:
        """An event says how a business ended."""
        try:
            message = event.message()
        except Poison as error:
            log.error("event=%s: %s", event.event_id, error)
            return
        if not isinstance(message, business_pb2.BusinessFinished):
            return
        business = message.business
        self._remember(business)
        for future in self._waiting.get(business.registration_no, ()):
            if not future.done():
                future.set_result(business)

    async def wait(
        self, pending: Business, *, timeout_s: float, ask: Callable[[], Awaitable[Business | None]]
    ) -> Business:
        """The business as it ended, or `pending` itself when time is up first.

        `ask` gets its present state from its owner, None when that cannot be had just now.
        """
        known = self._known.get(pending.registration_no)
        if known is not None:
            return _with_tokens_of(known.business, pending)
        future: asyncio.Future[Business] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(pending.registration_no, []).append(future)
        asking = asyncio.create_task(_ask_until_final(ask, future))
        try:
            async with asyncio.timeout(max(0.0, timeout_s - MARGIN_S)):
                return _with_tokens_of(await future, pending)
        except TimeoutError:
            return pending
        finally:
            asking.cancel()
            others = [each for each in self._waiting[pending.registration_no] if each is not future]
            if others:
                self._waiting[pending.registration_no] = others
            else:
                del self._waiting[pending.registration_no]

    def _remember(self, business: Business) -> None:
        now_s = asyncio.get_running_loop().time()
        self._known[business.registration_no] = _Remembered(business, now_s)
        self._known.move_to_end(business.registration_no)
        while self._known:
            oldest = next(iter(self._known.values()))
            if len(self._known) <= REMEMBERED_MAX and now_s - oldest.at_s <= REMEMBERED_S:
                break
            self._known.popitem(last=False)


async def _ask_until_final(
    ask: Callable[[], Awaitable[Business | None]], future: asyncio.Future[Business]
) -> None:
    pauses = list(ASK_AFTER_S)
    while not future.done():
        await asyncio.sleep(pauses.pop(0) if len(pauses) > 1 else pauses[0])
        business = await ask()
        if business is not None and is_final(business) and not future.done():
            future.set_result(business)


def is_final(business: Business) -> bool:
    """Whether nothing more is to be waited for: it ended, or a person has to approve it first."""
    return business.state in (
        business_pb2.BUSINESS_STATE_POSTED,
        business_pb2.BUSINESS_STATE_REJECTED,
        business_pb2.BUSINESS_STATE_WAITING_APPROVAL,
    )


def _with_tokens_of(outcome: Business, pending: Business) -> Business:
    """The outcome with the versions that either of the two tells of, the newest of each owner and employer."""
    newest: dict[tuple[str, str], int] = {}
    for token in (*pending.consistency, *outcome.consistency):
        key = (token.owner, token.employer_no)
        newest[key] = max(token.version, newest.get(key, 0))
    whole = Business()
    whole.CopyFrom(outcome)
    del whole.consistency[:]
    whole.consistency.extend(
        ConsistencyToken(owner=owner, employer_no=employer_no, version=version)
        for (owner, employer_no), version in newest.items()
    )
    return whole
