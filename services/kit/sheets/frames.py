"""Length-prefixed messages between a service and its parser process."""

from __future__ import annotations

import socket
import struct

_LENGTH = struct.Struct(">I")
_CHUNK_BYTES = 256 * 1024


def send_frame(connection: socket.socket, payload: bytes) -> None:
    """Send one message whole."""
    connection.sendall(_LENGTH.pack(len(payload)) + payload)


def receive_frame(connection: socket.socket) -> bytes:
    """The next message; raises EOFError when the other side is gone."""
    (length,) = _LENGTH.unpack(_receive(connection, _LENGTH.size))
    return _receive(connection, length)


def _receive(connection: socket.socket, size: int) -> bytes:
    received = bytearray()
    while len(received) < size:
        chunk = connection.recv(min(size - len(received), _CHUNK_BYTES))
        if not chunk:
            raise EOFError("the other side closed the connection")
        received += chunk
    return bytes(received)
