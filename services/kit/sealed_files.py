"""A file sealed at rest: in segments, so that it is written and read piece by piece (docs/adr/0025).

    header     512 bytes: "HPF1" | length of the next (2) | the file's key, sealed by the vault for this name | zeros
    segments   64 KiB each, the last one whatever is left: AES-256-GCM under the file's key, the name authenticated,
               nonce = number of the segment (11) | 1 for the last one, else 0

The STREAM construction: segments that are altered, left out, put elsewhere, added or taken from another file do not
open, nor does a file that ends early. A file has a key of its own, so a nonce never comes twice under one key.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from services.kit.vault import SealBroken, Vault

#: What is in memory of a file at a time, twice; also a piece of a download, far below gRPC's limit of 4 MiB.
SEGMENT_BYTES = 64 * 1024

#: Room for a key under a data key with the longest name: 316 bytes. Fixed, so that a file's size tells its content's.
HEADER_BYTES = 512

_TAG_BYTES = 16
_SEALED_SEGMENT_BYTES = SEGMENT_BYTES + _TAG_BYTES
_FORMAT = b"HPF1"
_LENGTH_BYTES = 2
_NUMBER_BYTES = 11


def new_key() -> bytes:
    """A key for one file."""
    return AESGCM.generate_key(256)


def header_of(key: bytes, *, name: str, vault: Vault) -> bytes:
    """What stands in front of the segments."""
    return _header(vault.seal(key, about=_about(name)))


def key_in(header: bytes, *, name: str, vault: Vault) -> bytes:
    """The file's key. Raises SealBroken."""
    return vault.open(_sealed_key(header), about=_about(name))


def is_under_current_key(header: bytes, *, vault: Vault) -> bool:
    """Whether the vault's current key sealed this header. Raises SealBroken for what is none."""
    return vault.key_id_of(_sealed_key(header)) == vault.current


def sealed(source: BinaryIO, *, key: bytes, name: str) -> Iterator[bytes]:
    """What can be read from `source` as sealed segments; an empty file has one, too."""
    cipher, about = AESGCM(key), name.encode()
    for nonce, plain in _numbered(source, SEGMENT_BYTES):
        yield cipher.encrypt(nonce, plain, about)


def opened(source: BinaryIO, *, key: bytes, name: str) -> Iterator[bytes]:
    """The content, each piece after its segment has proved genuine; `source` stands behind the header.

    Raises SealBroken, before the end of the content at the latest.
    """
    cipher, about = AESGCM(key), name.encode()
    for nonce, segment in _numbered(source, _SEALED_SEGMENT_BYTES):
        try:
            yield cipher.decrypt(nonce, segment, about)
        except InvalidTag:
            raise SealBroken("a segment was altered, or is not where it belongs") from None


def plain_size(size: int) -> int:
    """Bytes of the content of a file of so many bytes. Raises SealBroken for a file too short to be one."""
    segments = size - HEADER_BYTES
    if segments < _TAG_BYTES:
        raise SealBroken("too short")
    return segments - _TAG_BYTES * -(-segments // _SEALED_SEGMENT_BYTES)


def _numbered(source: BinaryIO, size: int) -> Iterator[tuple[bytes, bytes]]:
    """Segments with their nonces; one is the last when nothing can be read behind it."""
    number, segment = 0, _filled(source, size)
    while True:
        following = _filled(source, size)
        is_last = not following
        yield number.to_bytes(_NUMBER_BYTES) + bytes([is_last]), segment
        if is_last:
            return
        number, segment = number + 1, following


def _filled(source: BinaryIO, size: int) -> bytes:
    """So many bytes, fewer only at the end: a remote store may hand over less at a time."""
    found = bytes(source.read(size))
    while 0 < len(found) < size and (more := source.read(size - len(found))):
        found += more
    return found


def _header(sealed_key: bytes) -> bytes:
    front = _FORMAT + len(sealed_key).to_bytes(_LENGTH_BYTES) + sealed_key
    return front.ljust(HEADER_BYTES, b"\0")


def _sealed_key(header: bytes) -> bytes:
    start = len(_FORMAT) + _LENGTH_BYTES
    length = int.from_bytes(header[len(_FORMAT) : start])
    sealed_key = header[start : start + length]
    if header != _header(sealed_key):
        raise SealBroken("not the header of a sealed file")
    return sealed_key


def _about(name: str) -> str:
    return f"file {name}"
