"""A cable between this process and a server that can be cut and mended: what an outage looks like from here."""

from __future__ import annotations

import socket
import threading
from typing import Self
from urllib.parse import urlsplit

_PIECE_BYTES = 65536


class Cable:
    """Forwards a port of 127.0.0.1 to the server of a URI while it is whole; `uri` leads through it."""

    def __init__(self, uri: str) -> None:
        parts = urlsplit(uri)
        self._target = (parts.hostname or "", parts.port or 0)
        self._ends: list[socket.socket] = []
        self._lock = threading.Lock()
        self._is_whole = True
        self._listener = socket.create_server(("127.0.0.1", 0))
        port = self._listener.getsockname()[1]
        self.uri = parts._replace(netloc=f"{parts.netloc.rpartition(':')[0]}:{port}").geturl()
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """End every connection and refuse new ones."""
        with self._lock:
            self._is_whole = False
            ends, self._ends = self._ends, []
        for end in ends:
            _close(end)

    def mend(self) -> None:
        with self._lock:
            self._is_whole = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.cut()
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
                far = socket.create_connection(self._target)
            except OSError:
                return
            with self._lock:
                if self._is_whole:
                    self._ends += [near, far]
                    for pair in ((near, far), (far, near)):
                        threading.Thread(target=_pump, args=pair, daemon=True).start()
                    continue
            _close(near)
            _close(far)


def _pump(source: socket.socket, sink: socket.socket) -> None:
    try:
        while piece := source.recv(_PIECE_BYTES):
            sink.sendall(piece)
    except OSError:
        pass
    _close(source)
    _close(sink)


def _close(end: socket.socket) -> None:
    try:
        end.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # the other side was first
    end.close()
