"""Files that a service has made, streamed from the blob store: the bytes never travel over the bus.

Generic over every reply message with a `bytes content`: the owner's reply is the first piece, names the blob
and brings its key, for the edge has none of the data keys; the pieces after it carry content only.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from services.edge.bus_client import BusReply
from services.edge.routes import Route
from services.kit.blobs import BlobReader


class Downloads:
    """Reads a file piece by piece."""

    def __init__(self, blobs: BlobReader) -> None:
        self._blobs = blobs

    async def pieces(self, route: Route, reply: BusReply) -> AsyncIterator[bytes]:
        """The content of the reply's blob as serialized messages; nothing for a reply without one.

        Raises STORED_FILE_UNUSABLE at the piece that is not as it was written; what came before it is.
        """
        if not reply.blob:
            return
        pieces = self._blobs.pieces(reply.blob, key=reply.blob_key)
        # A store is read by blocking calls, which must not hold up the other calls of this process.
        while (content := await asyncio.to_thread(next, pieces, None)) is not None:
            yield route.reply_class(content=content).SerializeToString()
