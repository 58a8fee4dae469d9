"""A file of 10 MB put into the store and read from it, sealed, next to a plain copy in the same pieces; peak memory of both."""

from __future__ import annotations

import os
import tempfile
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from benches.harness import Result, Stage, compared
from services.kit.blobs import BlobReader, Blobs
from services.kit.sealed_files import SEGMENT_BYTES
from services.kit.vault import Vault

SIZE = 10 * 1000 * 1000
NAME = "exports/10700000010/bench.xlsx"
VAULT = Vault("k1", {"k1": b"k" * 32}, b"i" * 32)


def run(stage: Stage) -> list[Result]:
    with tempfile.TemporaryDirectory() as folder:
        return list(_results(Path(folder)))


def _results(folder: Path) -> Iterator[Result]:
    source, plain = folder / "source", folder / "plain"
    source.write_bytes(os.urandom(SIZE))
    blobs, reader = Blobs(f"file://{folder}", VAULT), BlobReader(f"file://{folder}")

    def seal() -> None:
        with source.open("rb") as file:
            blobs.write_from(NAME, file)

    def copy() -> None:
        with source.open("rb") as file, plain.open("wb") as target:
            for piece in _pieces_of(file):
                target.write(piece)

    def open_sealed() -> None:
        _read_all(reader.pieces(NAME, key=blobs.key_of(NAME)))

    def read_plain() -> None:
        with plain.open("rb") as file:
            _read_all(_pieces_of(file))

    goal = "≤ 2 ms a MB: making a workbook of 10 MB takes seconds"
    yield compared("10 MB into the store, sealed", ours=seal, limit=copy, goal=goal)
    yield compared("10 MB from the store, opened", ours=open_sealed, limit=read_plain, goal=goal)
    for what, mine, least in (("sealing", seal, copy), ("opening", open_sealed, read_plain)):
        name = f"peak memory of {what} it"
        yield Result.of(
            name, unit="KB", ours=_peak_kb(mine), limit=_peak_kb(least), goal="a few pieces"
        )


def _pieces_of(file: BinaryIO) -> Iterator[bytes]:
    return iter(lambda: file.read(SEGMENT_BYTES), b"")


def _read_all(pieces: Iterator[bytes]) -> None:
    assert sum(map(len, pieces)) == SIZE


def _peak_kb(work: Callable[[], None]) -> float:
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1] / 1024
    finally:
        tracemalloc.stop()
