"""Files that a service has made, streamed from the blob store: the bytes never travel over the bus.

Generic over every reply message with a `bytes content`: the owner's reply is the first piece and names the blob;
the pieces after it carry content only.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from services.edge.routes import Route
from services.kit.blobs import Blobs


class Downloads:
    """Reads a file piece by piece."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs

    async def pieces(self, route: Route, blob: str) -> AsyncIterator[bytes]:
        """The content of `blob` as serialized reply messages; nothing for a reply without a blob."""
        if not blob:
            return
        pieces = self._blobs.pieces(blob)
        # A store is read by blocking calls, which must not hold up the other calls of this process.
        while (content := await asyncio.to_thread(next, pieces, None)) is not None:
            yield route.reply_class(content=content).SerializeToString()
