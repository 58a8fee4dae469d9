"""Tells auth of genuine access tokens that are used after their session ended: somebody may have stolen one.

Told beside the call, which is refused in any case; at most once a minute for one session and address, so that a
thief who insists cannot make the audit trail grow.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Final

from hpf.auth.v1 import auth_service_pb2

from services.edge.bus_client import BusClient
from services.kit.app import CallContext, Principal
from services.kit.clock import Clock
from services.kit.errors import DomainError
from services.kit.ids import new_id

log = logging.getLogger(__name__)

TELL_TIMEOUT: Final = timedelta(seconds=5)
QUIET: Final = timedelta(minutes=1)
#: Pairs of session and address that are remembered; with more than these the oldest is told again.
REMEMBERED_MAX: Final = 10_000
#: Under way at once; what comes on top is logged only.
UNDER_WAY_MAX: Final = 100


class RefusedTokens:
    """Give `note` to `Sessions`."""

    def __init__(self, bus: BusClient, clock: Clock) -> None:
        self._bus = bus
        self._clock = clock
        self._told: OrderedDict[tuple[str, str], datetime] = OrderedDict()
        self._under_way: set[asyncio.Task[None]] = set()

    def note(self, session_id: str, address: str) -> None:
        """A token of this ended session was refused."""
        now, pair = self._clock.now(), (session_id, address)
        told_at = self._told.get(pair)
        if told_at is not None and now < told_at + QUIET:
            return
        log.warning("token of an ended session refused session=%s", session_id)
        if len(self._under_way) >= UNDER_WAY_MAX:
            return
        self._told[pair] = now
        self._told.move_to_end(pair)
        if len(self._told) > REMEMBERED_MAX:
            self._told.popitem(last=False)
        task = asyncio.get_running_loop().create_task(self._tell(session_id, address))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _tell(self, session_id: str, address: str) -> None:
        context = CallContext(
            Principal(kind="system", name="edge", address=address),
            new_id(),
            deadline=self._clock.now() + TELL_TIMEOUT,
        )
        request = auth_service_pb2.NoteRefusedTokenRequest(
            request_id=new_id(), session_id=session_id
        )
        try:
            reply = await self._bus.call(
                "auth", "NoteRefusedToken", body=request.SerializeToString(), context=context
            )
        except DomainError as error:
            log.warning("refused token not told: %s", error)
            return
        if reply.code:
            log.warning("refused token not taken code=%d", reply.code)
