"""The store of files: sealed on disk, whole or not at all, opened by the data keys or by the key of that one file."""

from __future__ import annotations

import logging
import os
import tracemalloc
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, cast

import pytest

from services.kit import data_keys, reseal
from services.kit.blobs import BlobReader, Blobs
from services.kit.errors import DomainError
from services.kit.reseal import reseal_files
from services.kit.settings import KitSettings
from services.kit.vault import SealBroken, Vault

OLD_KEY, NEW_KEY = b"o" * 32, b"n" * 32
OLD = Vault("k1", {"k1": OLD_KEY}, b"i" * 32)
BOTH = Vault("k2", {"k1": OLD_KEY, "k2": NEW_KEY}, b"i" * 32)
NEW = Vault("k2", {"k2": NEW_KEY}, b"i" * 32)

NAME = "receipts/2020042310000001/1-abc.pdf"
PLAIN = "%PDF-1.7 张三 130702198501010017".encode() * 5000  # several segments


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return Blobs(f"file://{tmp_path}", OLD)


def refusal(work: object, *arguments: object) -> str:
    with pytest.raises(DomainError) as caught:
        work(*arguments)  # type: ignore[operator]  # whatever is to be refused
    return caught.value.reason.code


def test_a_file_comes_back_and_says_its_size(blobs: Blobs) -> None:
    blobs.write(NAME, PLAIN)
    assert (blobs.read(NAME), blobs.size(NAME)) == (PLAIN, len(PLAIN))
    blobs.write(NAME, b"")
    assert (blobs.read(NAME), blobs.size(NAME)) == (b"", 0)


def test_what_lies_in_the_folder_shows_nothing_of_the_content(blobs: Blobs, tmp_path: Path) -> None:
    blobs.write(NAME, PLAIN)
    (path,) = [each for each in tmp_path.rglob("*") if each.is_file()]
    content = path.read_bytes()
    for shown in (b"%PDF", "张三".encode(), b"130702198501010017"):
        assert shown in PLAIN
        assert shown not in content


def test_the_key_of_a_file_opens_that_file_only(blobs: Blobs, tmp_path: Path) -> None:
    blobs.write(NAME, PLAIN)
    blobs.write("receipts/other.pdf", PLAIN)
    edge = BlobReader(f"file://{tmp_path}")
    key = blobs.key_of(NAME)
    assert b"".join(edge.pieces(NAME, key=key)) == PLAIN
    assert refusal(lambda: list(edge.pieces("receipts/other.pdf", key=key))) == (
        "STORED_FILE_UNUSABLE"
    )


def test_two_files_that_changed_places_are_refused(blobs: Blobs, tmp_path: Path) -> None:
    blobs.write("one", b"1")
    blobs.write("two", b"2")
    (tmp_path / "one").rename(tmp_path / "three")
    (tmp_path / "two").rename(tmp_path / "one")
    assert refusal(blobs.key_of, "one") == "STORED_FILE_UNUSABLE"
    assert refusal(blobs.read, "three") == "STORED_FILE_UNUSABLE"


def test_a_file_that_is_altered_cut_or_gone_is_refused_and_named_in_the_log(
    blobs: Blobs, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    blobs.write(NAME, PLAIN)
    path = tmp_path / NAME
    content = path.read_bytes()
    told = []
    for broken in (content[:-1], content[:-1] + b"?", content + b"?", b""):
        path.write_bytes(broken)
        with caplog.at_level(logging.ERROR):
            assert refusal(blobs.read, NAME) == "STORED_FILE_UNUSABLE"
        told.append(caplog.messages[-1])
    path.unlink()
    for work in (blobs.read, blobs.key_of, blobs.size):
        assert refusal(work, NAME) == "STORED_FILE_UNUSABLE"
    told.append(caplog.messages[-1])
    assert [line.partition(": ")[2] for line in told] == [
        *["a segment was altered, or is not where it belongs"] * 3,
        "not the header of a sealed file",
        "not there",
    ]
    assert all(NAME in line and "张三" not in line for line in told)


def test_a_source_that_fails_leaves_nothing_behind(blobs: Blobs, tmp_path: Path) -> None:
    class Failing(BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell() > 200_000:
                raise OSError("the disk of the source is gone")
            return super().read(size)

    with pytest.raises(OSError, match="gone"):
        blobs.write_from(NAME, Failing(bytes(1_000_000)))
    assert [each for each in tmp_path.rglob("*") if each.is_file()] == []


class Zeros:
    """A file of so many bytes that are made as they are read."""

    def __init__(self, size: int) -> None:
        self.left = size

    def read(self, size: int) -> bytes:
        taken = min(size, self.left)
        self.left -= taken
        return bytes(taken)


def test_memory_does_not_grow_with_the_file(blobs: Blobs, tmp_path: Path) -> None:
    size = 32 * 1024 * 1024
    tracemalloc.start()
    try:
        blobs.write_from("large", cast(BinaryIO, Zeros(size)))
        pieces = BlobReader(f"file://{tmp_path}").pieces("large", key=blobs.key_of("large"))
        assert sum(map(len, pieces)) == size
        assert tracemalloc.get_traced_memory()[1] < 2 * 1024 * 1024
    finally:
        tracemalloc.stop()


# ---------------------------------------------------------------- another data key


def test_files_open_under_an_old_key_while_it_is_known(blobs: Blobs, tmp_path: Path) -> None:
    blobs.write(NAME, PLAIN)
    assert Blobs(f"file://{tmp_path}", BOTH).read(NAME) == PLAIN
    assert refusal(Blobs(f"file://{tmp_path}", NEW).read, NAME) == "STORED_FILE_UNUSABLE"


def test_resealed_files_open_without_the_old_key_and_readers_go_on(
    blobs: Blobs, tmp_path: Path
) -> None:
    blobs.write(NAME, PLAIN)
    blobs.write("exports/1/a.xlsx", b"PK")
    told = blobs.key_of(NAME)
    now = Blobs(f"file://{tmp_path}", BOTH)
    now.write("receipts/new.pdf", b"of the new key already")

    assert reseal_files(now) == 2
    assert reseal_files(now) == 0

    afterwards = Blobs(f"file://{tmp_path}", NEW)
    assert afterwards.read(NAME) == PLAIN
    assert afterwards.read("exports/1/a.xlsx") == b"PK"
    assert afterwards.read("receipts/new.pdf") == b"of the new key already"
    assert b"".join(BlobReader(f"file://{tmp_path}").pieces(NAME, key=told)) == PLAIN


def test_the_command_takes_files_to_the_key_that_was_added(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    keys, folder = tmp_path / "keys.json", tmp_path / "blobs"
    monkeypatch.setenv("HPF_DATA_KEYS_FILE", str(keys))
    monkeypatch.setenv("HPF_BLOB_URL", f"file://{folder}")
    kit = KitSettings.read()
    data_keys.write_data_keys(keys, data_keys.DataKeys("k1", {"k1": OLD_KEY}, b"i" * 32), kit)
    Blobs(kit.blob_url, data_keys.read_vault(kit)).write(NAME, PLAIN)
    assert data_keys.main(["add", str(keys), "k2"]) == 0

    assert reseal.main(["files"]) == 0
    assert reseal.main(["files"]) == 0

    assert capsys.readouterr().out.splitlines()[1:] == ["files 1", "files 0"]
    both = data_keys.read_vault(kit)
    only_new = Vault("k2", {"k2": both.keys["k2"]}, both.index_key)
    assert Blobs(kit.blob_url, only_new).read(NAME) == PLAIN


def test_a_file_that_no_key_opens_stops_the_run_and_is_not_touched(
    blobs: Blobs, tmp_path: Path
) -> None:
    blobs.write(NAME, PLAIN)
    before = (tmp_path / NAME).read_bytes()
    with pytest.raises(SealBroken):
        reseal_files(Blobs(f"file://{tmp_path}", NEW))
    assert (tmp_path / NAME).read_bytes() == before


def test_a_file_that_was_pruned_meanwhile_is_nothing_to_reseal(blobs: Blobs) -> None:
    assert not blobs.reseal("exports/1/gone.xlsx")


def test_names_are_those_of_the_files_wherever_they_lie(blobs: Blobs) -> None:
    assert blobs.names() == []
    for name in ("a", "exports/1/b", "receipts/1/c"):
        blobs.write(name, os.urandom(1))
    assert sorted(blobs.names()) == ["a", "exports/1/b", "receipts/1/c"]
    assert blobs.names("exports") == ["exports/1/b"]
