"""Files (PDFs, exports) by name in a store named by URL: a folder by default, S3 and others through fsspec.

Every file rests sealed under a key of its own (`sealed_files`), which lies in front of it, sealed by the vault. So
whoever has the data keys can read any file (`Blobs`), and whoever is told the key of one file that one
(`BlobReader`: the edge).
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from io import BytesIO
from itertools import chain
from typing import BinaryIO

import fsspec

from services.kit import sealed_files
from services.kit.errors import STORED_FILE_UNUSABLE, DomainError
from services.kit.sealed_files import HEADER_BYTES, SEGMENT_BYTES
from services.kit.vault import SealBroken, Vault

log = logging.getLogger(__name__)


class BlobReader:
    """A store of files as seen by who is told their keys one by one."""

    def __init__(self, url: str) -> None:
        self._fs, self._root = fsspec.core.url_to_fs(url)

    def pieces(self, name: str, *, key: bytes) -> Iterator[bytes]:
        """The content in pieces of at most SEGMENT_BYTES, each proved genuine. Raises STORED_FILE_UNUSABLE."""
        with _usable(name), self._fs.open(self._path(name), "rb") as file:
            file.seek(HEADER_BYTES)
            yield from sealed_files.opened(file, key=key, name=name)

    def _path(self, name: str) -> str:
        if name.startswith("/") or ".." in name.split("/"):
            raise ValueError("a blob is named by a relative path")
        return f"{self._root}/{name}"


class Blobs(BlobReader):
    """A store of files that are written once and read many times."""

    def __init__(self, url: str, vault: Vault) -> None:
        super().__init__(url)
        self._vault = vault

    def write(self, name: str, content: bytes) -> None:
        """Store whole or not at all: written beside, then moved into place."""
        self.write_from(name, BytesIO(content))

    def write_from(self, name: str, source: BinaryIO) -> None:
        """Store what can be read from `source`, as `write` does, without holding all of it."""
        key = sealed_files.new_key()
        header = sealed_files.header_of(key, name=name, vault=self._vault)
        self._put(name, chain([header], sealed_files.sealed(source, key=key, name=name)))

    def read(self, name: str) -> bytes:
        """The whole content. Raises STORED_FILE_UNUSABLE."""
        return b"".join(self.pieces(name, key=self.key_of(name)))

    def key_of(self, name: str) -> bytes:
        """What opens this file and no other. Raises STORED_FILE_UNUSABLE."""
        with _usable(name):
            header = bytes(self._fs.cat_file(self._path(name), start=0, end=HEADER_BYTES))
            return sealed_files.key_in(header, name=name, vault=self._vault)

    def size(self, name: str) -> int:
        """Bytes of the content. Raises STORED_FILE_UNUSABLE."""
        with _usable(name):
            return sealed_files.plain_size(int(self._fs.size(self._path(name))))

    def exists(self, name: str) -> bool:
        return bool(self._fs.exists(self._path(name)))

    def delete(self, name: str) -> None:
        """Remove a file; one that is not there is fine."""
        with suppress(FileNotFoundError):
            self._fs.rm_file(self._path(name))

    def names(self, folder: str = "") -> list[str]:
        """Names of the files below a folder, or of all."""
        self._fs.invalidate_cache()  # a remote store's listing may be from before
        return [path.removeprefix(f"{self._root}/") for path in self._fs.find(self._path(folder))]

    def older_than(self, folder: str, moment: datetime) -> list[str]:
        """Names of the files below a folder that were last written before that moment."""
        return [name for name in self.names(folder) if self._is_older(self._path(name), moment)]

    def reseal(self, name: str) -> bool:
        """Have a file's key sealed under the current data key; whether it was not. One that has gone is fine.

        The segments keep the file's own key, so whoever is being told it, or reads with it, goes on. Raises SealBroken.
        """
        with suppress(FileNotFoundError), self._fs.open(self._path(name), "rb") as file:
            header = file.read(HEADER_BYTES)
            if sealed_files.is_under_current_key(header, vault=self._vault):
                return False
            key = sealed_files.key_in(header, name=name, vault=self._vault)
            fresh = sealed_files.header_of(key, name=name, vault=self._vault)
            self._put(name, chain([fresh], iter(lambda: file.read(SEGMENT_BYTES), b"")))
            return True
        return False

    def _put(self, name: str, pieces: Iterable[bytes]) -> None:
        path = self._path(name)
        self._fs.makedirs(path.rsplit("/", 1)[0], exist_ok=True)
        with self._fs.transaction, self._fs.open(path, "wb") as file:
            for piece in pieces:
                file.write(piece)

    def _is_older(self, path: str, moment: datetime) -> bool:
        try:
            return bool(self._fs.modified(path) < moment)
        except FileNotFoundError:
            return False  # somebody else has removed it since


@contextmanager
def _usable(name: str) -> Iterator[None]:
    """Refuse with STORED_FILE_UNUSABLE what is not there or not as it was written; the log says which file it is."""
    try:
        yield
    except (FileNotFoundError, SealBroken) as error:
        why = "not there" if isinstance(error, FileNotFoundError) else str(error)
        log.error("stored file unusable name=%s: %s", name, why)
        raise DomainError(STORED_FILE_UNUSABLE) from None
