"""The bytes a USB key signs to log in (manual §3): purpose, hall, attempt, random value, each on its line.

The first line keeps the signature from ever meaning anything else; the attempt's id binds it to one login.
"""

from __future__ import annotations

PURPOSE = "hpf-login-v1"
# 256 random bits; DOMAIN asks for at least 128.
NONCE_BYTES = 32


def challenge_bytes(*, attempt_id: str, nonce: bytes, centre: str) -> bytes:
    """What is to be signed. Raises ValueError when a part could be mistaken for another."""
    if len(nonce) != NONCE_BYTES:
        raise ValueError("the random value has the wrong length")
    if any("\n" in part for part in (attempt_id, centre)):
        raise ValueError("a part has a line of its own")
    return f"{PURPOSE}\n{centre}\n{attempt_id}\n{nonce.hex()}\n".encode()
