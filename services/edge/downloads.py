"""Files that a service has made, streamed from the blob store: the bytes never travel over the bus.

Generic over every reply message with a `bytes content`: the owner's reply is the first piece and names the blob;
the pieces after it carry content only.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta

from services.edge.bus_client import BusReply
from services.edge.errors import Refused
from services.edge.routes import Route
from services.kit.app import CallContext
from services.kit.blobs import Blobs
from services.kit.errors import NOT_READY_YET, reason_of

_ASK_AGAIN = timedelta(milliseconds=NOT_READY_YET.retry_after_ms)


class Downloads:
    """Waits until a file is there, then reads it piece by piece."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs

    async def when_ready(
        self, ask: Callable[[], Awaitable[BusReply]], call: CallContext
    ) -> BusReply:
        """Ask the owner, again and again while it is NOT_READY_YET and the deadline allows another try."""
        while True:
            try:
                return await ask()
            except Refused as refused:
                if reason_of(refused.status) != NOT_READY_YET.code:
                    raise
                again = datetime.now(UTC) + _ASK_AGAIN
                if call.deadline is None or again >= call.deadline:
                    raise
            await asyncio.sleep(_ASK_AGAIN.total_seconds())

    async def pieces(self, route: Route, blob: str) -> AsyncIterator[bytes]:
        """The content of `blob` as serialized reply messages; nothing for a reply without a blob."""
        if not blob:
            return
        pieces = self._blobs.pieces(blob)
        # A store is read by blocking calls, which must not hold up the other calls of this process.
        while (content := await asyncio.to_thread(next, pieces, None)) is not None:
            yield route.reply_class(content=content).SerializeToString()
