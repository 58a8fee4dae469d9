"""Asks a service again while what is asked for is on its way between two services, or a file is being made.

It is the edge that waits: a worker of a service that waited would be kept from everybody else. What does not exist and
what belongs to another employer is waited for alike, so the wait tells nothing about either.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Final

from services.edge.bus_client import BusReply
from services.edge.errors import Refused
from services.kit.app import CallContext
from services.kit.errors import NOT_READY_YET, may_be_early, reason_of

#: An event is handled some ten milliseconds after its business; what has not come by then is late, or does not exist.
ARRIVES_WITHIN_S: Final = 2.0
PAUSE_FIRST_S: Final = 0.02
PAUSE_MAX_S: Final = 0.2

_FILE_PAUSE_S: Final = NOT_READY_YET.retry_after_ms / 1000


async def until_there(
    ask: Callable[[], Awaitable[BusReply]], call: CallContext, *, files_too: bool = False
) -> BusReply:
    """The answer, or the refusal that stands when the wait, or the call's deadline, is over.

    With `files_too` a file that is NOT_READY_YET is waited for until the deadline.
    """
    loop = asyncio.get_running_loop()
    ends_at = loop.time() + _left_s(call)
    arrived_by = min(ends_at, loop.time() + ARRIVES_WITHIN_S)
    pause_s = PAUSE_FIRST_S
    while True:
        try:
            return await ask()
        except Refused as refused:
            if may_be_early(refused.status):
                until, wait_s = arrived_by, pause_s
                pause_s = min(pause_s * 2, PAUSE_MAX_S)
            elif files_too and reason_of(refused.status) == NOT_READY_YET.code:
                until, wait_s = ends_at, _FILE_PAUSE_S
            else:
                raise
            if loop.time() + wait_s >= until:
                raise
        await asyncio.sleep(wait_s)


def _left_s(call: CallContext) -> float:
    if call.deadline is None:
        return 0.0
    return (call.deadline - datetime.now(UTC)).total_seconds()
