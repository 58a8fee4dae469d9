"""Files that come in pieces: written beside their place, checked, then moved there whole."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from client.errors import InputError

#: Called with bytes so far and bytes in all (0 while unknown).
Progress = Callable[[int, int], None]

_DAMAGED_ZH = "下载的文件不完整，请重新下载"


def no_progress(done_bytes: int, total_bytes: int) -> None:
    """For whoever does not want to watch."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What the first piece says about the whole file; an empty checksum is not checked."""

    file_name: str
    total_bytes: int
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Downloaded:
    """A file that arrived whole."""

    path: Path
    size_bytes: int


def receive(
    pieces: Iterator[Any],
    target: Path,
    *,
    describe: Callable[[Any], Expected],
    progress: Progress = no_progress,
) -> Downloaded:
    """Write the pieces to `target` (in it, when it is a folder).

    Raises InputError when it cannot be written, or when what arrived is not what was announced;
    then nothing is left behind.
    """
    first = next(pieces, None)
    if first is None:
        raise InputError(_DAMAGED_ZH)
    expected = describe(first)
    path = target / Path(expected.file_name).name if target.is_dir() else target
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".download-")
    except OSError as error:
        raise InputError(f"无法写入 {path.parent}：{error.strerror}") from error
    try:
        with os.fdopen(handle, "wb") as file:
            size_bytes = _write(file, first, pieces, expected=expected, progress=progress)
        os.chmod(name, 0o600)  # account numbers and names are inside
        os.replace(name, path)
    finally:
        Path(name).unlink(missing_ok=True)
    return Downloaded(path, size_bytes)


def _write(
    file: BinaryIO,
    first: Any,
    rest: Iterator[Any],
    *,
    expected: Expected,
    progress: Progress,
) -> int:
    digest = hashlib.sha256()
    done = 0
    for piece in _with(first, rest):
        file.write(piece.content)
        digest.update(piece.content)
        done += len(piece.content)
        progress(done, expected.total_bytes)
    if expected.total_bytes and done != expected.total_bytes:
        raise InputError(_DAMAGED_ZH)
    if expected.sha256 and digest.hexdigest() != expected.sha256.lower():
        raise InputError(_DAMAGED_ZH)
    return done


def _with(first: Any, rest: Iterator[Any]) -> Iterator[Any]:
    yield first
    yield from rest
