"""The two tokens of a session: the signed access token and the random refresh token, kept as a digest only."""

from __future__ import annotations

import hashlib
import secrets
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services.kit.access_tokens import load_signing_key

# 256 random bits.
REFRESH_BYTES = 32
MAX_REFRESH_CHARS = 128


def new_refresh_token() -> str:
    return secrets.token_urlsafe(REFRESH_BYTES)


def refresh_digest(token: str) -> bytes:
    """What is stored of it. No salt: the token is random, nothing can be tried out."""
    return hashlib.sha256(token[:MAX_REFRESH_CHARS].encode()).digest()


@lru_cache(maxsize=4)
def signing_key(pem: str) -> Ed25519PrivateKey:
    """The key of the settings, read once."""
    return load_signing_key(pem.encode())
