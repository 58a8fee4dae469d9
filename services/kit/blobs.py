"""Files (PDFs, exports) by name in a store named by URL: a folder by default, S3 and others through fsspec."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from io import BytesIO
from typing import BinaryIO

import fsspec

# Below gRPC's 4 MB message limit by far, large enough that a 10 MB export is 160 messages.
PIECE_BYTES = 64 * 1024


class Blobs:
    """A store of files that are written once and read many times."""

    def __init__(self, url: str) -> None:
        self._fs, self._root = fsspec.core.url_to_fs(url)

    def write(self, name: str, content: bytes) -> None:
        """Store whole or not at all: written beside, then moved into place."""
        self.write_from(name, BytesIO(content))

    def write_from(self, name: str, source: BinaryIO) -> None:
        """Store what can be read from `source`, as `write` does, without holding all of it."""
        path = self._path(name)
        self._fs.makedirs(path.rsplit("/", 1)[0], exist_ok=True)
        with self._fs.transaction, self._fs.open(path, "wb") as file:
            shutil.copyfileobj(source, file, PIECE_BYTES)

    def read(self, name: str) -> bytes:
        with self._fs.open(self._path(name), "rb") as file:
            return bytes(file.read())

    def pieces(self, name: str) -> Iterator[bytes]:
        """The content in pieces of at most PIECE_BYTES."""
        with self._fs.open(self._path(name), "rb") as file:
            while piece := file.read(PIECE_BYTES):
                yield bytes(piece)

    def size(self, name: str) -> int:
        return int(self._fs.size(self._path(name)))

    def exists(self, name: str) -> bool:
        return bool(self._fs.exists(self._path(name)))

    def delete(self, name: str) -> None:
        """Remove a file; one that is not there is fine."""
        with suppress(FileNotFoundError):
            self._fs.rm_file(self._path(name))

    def older_than(self, folder: str, moment: datetime) -> list[str]:
        """Names of the files below a folder that were last written before that moment."""
        self._fs.invalidate_cache()  # a remote store's listing may be from before
        return [
            path.removeprefix(f"{self._root}/")
            for path in self._fs.find(self._path(folder))
            if self._is_older(path, moment)
        ]

    def _is_older(self, path: str, moment: datetime) -> bool:
        try:
            return bool(self._fs.modified(path) < moment)
        except FileNotFoundError:
            return False  # somebody else has removed it since

    def _path(self, name: str) -> str:
        if name.startswith("/") or ".." in name.split("/"):
            raise ValueError("a blob is named by a relative path")
        return f"{self._root}/{name}"
