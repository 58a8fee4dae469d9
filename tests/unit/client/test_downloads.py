"""Files that come in pieces arrive whole or not at all."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hpf.receipt.v1.receipt_service_pb2 import DownloadReceiptPiece

from client.downloads import Expected, receive
from client.errors import InputError

PIECES = [DownloadReceiptPiece(content=b"%PDF"), DownloadReceiptPiece(content=b"-1.7")]
SHA256 = hashlib.sha256(b"%PDF-1.7").hexdigest()


def expected(total_bytes: int = 8, sha256: str = SHA256) -> Expected:
    return Expected("../receipt.pdf", total_bytes, sha256)


def test_pieces_become_one_file_in_the_folder(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []

    done = receive(
        iter(PIECES), tmp_path, describe=lambda _: expected(), progress=lambda *at: seen.append(at)
    )

    assert done.path == tmp_path / "receipt.pdf"
    assert done.path.read_bytes() == b"%PDF-1.7"
    assert seen == [(4, 8), (8, 8)]


@pytest.mark.parametrize("announced", [expected(total_bytes=9), expected(sha256="00" * 32)])
def test_a_file_that_is_not_what_was_announced_is_not_kept(
    tmp_path: Path, announced: Expected
) -> None:
    with pytest.raises(InputError, match="不完整"):
        receive(iter(PIECES), tmp_path / "receipt.pdf", describe=lambda _: announced)

    assert list(tmp_path.iterdir()) == []


def test_an_old_file_stays_when_the_new_one_is_damaged(tmp_path: Path) -> None:
    target = tmp_path / "receipt.pdf"
    target.write_bytes(b"old")

    with pytest.raises(InputError):
        receive(iter(PIECES), target, describe=lambda _: expected(total_bytes=9))

    assert target.read_bytes() == b"old"


def test_nothing_at_all_is_damage(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="不完整"):
        receive(iter([]), tmp_path, describe=lambda _: expected())
