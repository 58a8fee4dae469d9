"""Personal data at rest: sealed with AES-256-GCM, found again through a keyed index.

A sealed value is `key id length (1) | key id | nonce (12) | ciphertext and tag`; values sealed under an old key
still open after the current key has changed. What is sealed `about` something is authenticated together with that and
opens as nothing else. The index is HMAC-SHA-256 under a key of its own, so a stolen table tells nobody an id number,
and equal numbers can still be found.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12


class SealBroken(ValueError):
    """A sealed value cannot be opened: unknown key, or altered."""


@dataclass(frozen=True)
class Vault:
    """Seals, opens and indexes. `keys` by id, `current` names the one that seals."""

    current: str
    keys: Mapping[str, bytes]
    index_key: bytes

    def __post_init__(self) -> None:
        if self.current not in self.keys:
            raise ValueError("the current data key is not among the keys")
        object.__setattr__(self, "_ciphers", {k: AESGCM(v) for k, v in self.keys.items()})

    def seal(self, plain: bytes, *, about: str = "") -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        key_id = self.current.encode()
        ciphers: Mapping[str, AESGCM] = self.__dict__["_ciphers"]
        body = ciphers[self.current].encrypt(nonce, plain, _authenticated(key_id, about))
        return bytes([len(key_id)]) + key_id + nonce + body

    def open(self, sealed: bytes, *, about: str = "") -> bytes:
        """The plain bytes; raises SealBroken."""
        key_id, rest = _parts(sealed)
        ciphers: Mapping[str, AESGCM] = self.__dict__["_ciphers"]
        cipher = ciphers.get(key_id.decode("ascii", "replace"))
        if cipher is None or len(rest) <= _NONCE_BYTES:
            raise SealBroken("sealed under an unknown key")
        try:
            nonce, body = rest[:_NONCE_BYTES], rest[_NONCE_BYTES:]
            return cipher.decrypt(nonce, body, _authenticated(key_id, about))
        except InvalidTag:
            raise SealBroken("the sealed value was altered") from None

    def key_id_of(self, sealed: bytes) -> str:
        """The key that a value says it is sealed under."""
        return _parts(sealed)[0].decode("ascii", "replace")

    def seal_text(self, plain: str) -> bytes:
        """Empty text stays empty: there is nothing to hide."""
        return self.seal(plain.encode()) if plain else b""

    def open_text(self, sealed: bytes) -> str:
        return self.open(sealed).decode() if sealed else ""

    def index(self, purpose: str, plain: str) -> bytes:
        """The keyed index of a value; `purpose` keeps equal values of different columns apart."""
        return hmac.digest(self.index_key, f"{purpose}\0{plain}".encode(), "sha256")


def _parts(sealed: bytes) -> tuple[bytes, bytes]:
    size = sealed[0] if sealed else 0
    return sealed[1 : 1 + size], sealed[1 + size :]


def _authenticated(key_id: bytes, about: str) -> bytes:
    return key_id + b"\0" + about.encode() if about else key_id
