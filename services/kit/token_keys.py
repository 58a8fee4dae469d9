"""A key on a PKCS#11 token that wraps the data keys: it never leaves the token, and without it their file is noise.

AES-256-GCM; the name of each data key is authenticated, so that two cannot be swapped. A wrapped value is
`nonce (12) | ciphertext and tag`. The token is needed when a process starts and when a key is added, not in between.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pkcs11
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass
from pkcs11 import exceptions as fault

_NONCE_BYTES = 12
_TAG_BITS = 128
_KEY_BITS = 256
# One process, one session: tokens keep the login per process (see client/usbkey.py).
_LOCK = threading.Lock()


class TokenUnusable(RuntimeError):
    """The token, its PIN or its key cannot be used; nothing was read."""


@dataclass(frozen=True, slots=True)
class WrappingKey:
    """Where the key lies."""

    module: Path
    token: str
    label: str
    pin: str

    def make(self) -> None:
        """Make the key on the token; it can never be read out. Raises TokenUnusable, also if it is there."""
        with self._session(rw=True) as session:
            if _keys(session, self.label):
                raise TokenUnusable(f"the token has a key {self.label} already")
            session.generate_key(
                KeyType.AES,
                _KEY_BITS,
                label=self.label,
                store=True,
                template={Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False},
            )

    def wrap(self, keys: dict[str, bytes]) -> dict[str, bytes]:
        """Each key by its name. Raises TokenUnusable."""
        with self._session() as session:
            key = self._key(session)
            return {name: _wrapped(key, name, content) for name, content in keys.items()}

    def unwrap(self, wrapped: dict[str, bytes]) -> dict[str, bytes]:
        """The keys again. Raises TokenUnusable for another token's, an altered or a renamed one."""
        with self._session() as session:
            key = self._key(session)
            return {name: _unwrapped(key, name, content) for name, content in wrapped.items()}

    def _key(self, session: Any) -> Any:
        found = _keys(session, self.label)
        if len(found) != 1:
            raise TokenUnusable(f"the token has {len(found)} keys {self.label}")
        return found[0]

    @contextmanager
    def _session(self, *, rw: bool = False) -> Iterator[Any]:
        with _LOCK:
            try:
                library = pkcs11.lib(str(self.module))
                # What another program changed on the token is not seen otherwise.
                library.reinitialize()
                token = library.get_token(token_label=self.token)
                with token.open(user_pin=self.pin, rw=rw) as session:
                    yield session
            except (fault.PKCS11Error, RuntimeError, OSError) as error:
                if isinstance(error, TokenUnusable):
                    raise
                raise TokenUnusable(f"{type(error).__name__} of token {self.token}") from error


def _keys(session: Any, label: str) -> list[Any]:
    wanted = {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.LABEL: label}
    return list(session.get_objects(wanted))


def _wrapped(key: Any, name: str, content: bytes) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + bytes(
        key.encrypt(content, mechanism=Mechanism.AES_GCM, mechanism_param=_parameters(nonce, name))
    )


def _unwrapped(key: Any, name: str, content: bytes) -> bytes:
    nonce, body = content[:_NONCE_BYTES], content[_NONCE_BYTES:]
    try:
        return bytes(
            key.decrypt(body, mechanism=Mechanism.AES_GCM, mechanism_param=_parameters(nonce, name))
        )
    except fault.PKCS11Error as error:
        raise TokenUnusable(f"the token does not unwrap key {name}") from error


def _parameters(nonce: bytes, name: str) -> Any:
    return pkcs11.GCMParams(nonce, name.encode(), _TAG_BITS)
