"""Sealed files: what was put in comes out, and nothing of what anybody has changed, cut off, added or swapped."""

from __future__ import annotations

import io
import os
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from services.kit import sealed_files
from services.kit.vault import SealBroken, Vault

VAULT = Vault("k1", {"k1": b"k" * 32}, b"i" * 32)
NAME = "receipts/2020042310000001/1-abc.pdf"
OTHER = "receipts/2020042310000002/1-abc.pdf"
SEGMENT = 64 * 1024  # bytes of the content
SEALED = SEGMENT + 16  # with its tag
HEADER = 512
THREE = os.urandom(2 * SEGMENT + 100)


def file_of(plain: bytes, *, name: str = NAME, vault: Vault = VAULT) -> bytes:
    """A whole file as it lies in the store."""
    key = sealed_files.new_key()
    segments = sealed_files.sealed(io.BytesIO(plain), key=key, name=name)
    return sealed_files.header_of(key, name=name, vault=vault) + b"".join(segments)


def pieces_of(content: bytes, *, name: str = NAME, vault: Vault = VAULT) -> list[bytes]:
    """What a reader is given until it ends or breaks."""
    key = sealed_files.key_in(content[:HEADER], name=name, vault=vault)
    return list(sealed_files.opened(io.BytesIO(content[HEADER:]), key=key, name=name))


def segments_of(content: bytes) -> list[bytes]:
    return [content[at : at + SEALED] for at in range(HEADER, len(content), SEALED)]


SIZES = [0, 1, SEGMENT - 1, SEGMENT, SEGMENT + 1, 2 * SEGMENT, 3 * SEGMENT + 7]


@pytest.mark.parametrize("size", SIZES)
def test_content_of_every_size_comes_back(size: int) -> None:
    plain = os.urandom(size)
    content = file_of(plain)
    assert b"".join(pieces_of(content)) == plain
    assert sealed_files.plain_size(len(content)) == size


@given(st.binary(max_size=300))
def test_any_content_comes_back_from_a_source_that_hands_over_a_little_at_a_time(
    plain: bytes,
) -> None:
    class Slow(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            return super().read(min(7, size or 7))

    key = sealed_files.new_key()
    written = b"".join(sealed_files.sealed(Slow(plain), key=key, name=NAME))
    assert len(written) == len(plain) + 16
    assert b"".join(sealed_files.opened(Slow(written), key=key, name=NAME)) == plain


def test_a_piece_has_the_size_that_downloads_have() -> None:
    assert [len(piece) for piece in pieces_of(file_of(THREE))] == [65536, 65536, 100]


def test_form_of_a_segment_is_the_documented_one() -> None:
    """STREAM over AES-256-GCM: counter, then the flag of the last one, the name authenticated."""
    key = sealed_files.new_key()
    content = io.BytesIO(b"x" * SEGMENT + b"y")
    first, last = sealed_files.sealed(content, key=key, name=NAME)
    cipher, number_1_and_last = AESGCM(key), bytes(10) + b"\x01\x01"
    assert cipher.decrypt(bytes(12), first, NAME.encode()) == b"x" * SEGMENT
    assert cipher.decrypt(number_1_and_last, last, NAME.encode()) == b"y"


def test_no_two_files_have_a_key_or_a_byte_of_their_segments_in_common() -> None:
    one, two = file_of(b"a" * 64), file_of(b"a" * 64)
    assert one[HEADER:] != two[HEADER:]
    assert one[:HEADER] != two[:HEADER]


def test_nothing_is_held_but_two_segments() -> None:
    class Endless(io.RawIOBase):
        """A gigabyte that is made as it is read, and notes how far ahead of the writer it was read."""

        handed = 0

        def read(self, size: int = -1) -> bytes:
            self.handed += size
            return bytes(size) if self.handed <= 2**30 else b""

    source = Endless()
    segments = sealed_files.sealed(source, key=sealed_files.new_key(), name=NAME)  # type: ignore[arg-type]  # it only reads
    for number in range(1, 50):
        next(segments)
        assert source.handed == (number + 1) * SEGMENT


# ---------------------------------------------------------------- tampering


def refused(content: bytes, *, name: str = NAME, vault: Vault = VAULT) -> bool:
    with pytest.raises(SealBroken):
        pieces_of(content, name=name, vault=vault)
    return True


@given(st.data())
def test_one_altered_bit_anywhere_breaks_the_file(data: st.DataObject) -> None:
    content = bytearray(FILE)
    # As often in the header and in each segment, however long they are.
    start, end = data.draw(st.sampled_from([(0, HEADER), *PLACES]))
    at = data.draw(st.integers(start, end - 1))
    content[at] ^= 1 << data.draw(st.integers(0, 7))
    assert refused(bytes(content))


FILE = file_of(THREE)
PLACES = [(HEADER, HEADER + SEALED), (HEADER + SEALED, HEADER + 2 * SEALED), (len(FILE) - 116, len(FILE))]  # fmt: skip


@given(st.integers(0, len(FILE) - 1))
def test_a_file_cut_off_anywhere_is_refused(length: int) -> None:
    assert refused(FILE[:length])


@pytest.mark.parametrize("kept", [0, 1, 2])
def test_a_file_cut_off_behind_a_whole_segment_is_refused(kept: int) -> None:
    assert refused(FILE[: HEADER + kept * SEALED])


def test_a_file_of_whole_segments_cannot_lose_one_either() -> None:
    content = file_of(bytes(2 * SEGMENT))
    assert refused(content[:-SEALED])


@given(st.binary(min_size=1, max_size=100))
def test_what_is_added_behind_is_refused(more: bytes) -> None:
    assert refused(FILE + more)


@pytest.mark.parametrize(
    "order",
    [[1, 0, 2], [0, 2, 1], [0, 0, 2], [0, 1, 1, 2], [1, 2], [0, 2], [0, 1, 2, 2], [0, 1, 2, 0]],
)
def test_segments_that_are_swapped_repeated_or_left_out_are_refused(order: list[int]) -> None:
    segments = segments_of(FILE)
    assert refused(FILE[:HEADER] + b"".join(segments[number] for number in order))


def test_a_segment_or_a_header_of_another_file_is_refused() -> None:
    other = file_of(THREE)
    one, two, three = segments_of(FILE)
    assert refused(FILE[:HEADER] + one + segments_of(other)[1] + three)
    assert refused(other[:HEADER] + one + two + three)


def test_a_file_under_another_name_is_refused() -> None:
    assert refused(FILE, name=OTHER)


def test_segments_are_of_their_name_for_who_was_told_the_key_too() -> None:
    key = sealed_files.key_in(FILE[:HEADER], name=NAME, vault=VAULT)
    with pytest.raises(SealBroken):
        list(sealed_files.opened(io.BytesIO(FILE[HEADER:]), key=key, name=OTHER))


def test_a_file_in_the_clear_is_refused() -> None:
    assert refused(b"%PDF-1.7" + bytes(1000))
    assert refused(b"")


def test_a_value_that_was_sealed_for_a_column_is_no_key_of_a_file() -> None:
    """Whoever can have 32 bytes of their own sealed, and write into the store, still makes no file that opens."""
    known = b"an address of exactly 32 letters"
    planted = VAULT.seal(known)
    header = (b"HPF1" + len(planted).to_bytes(2) + planted).ljust(HEADER, b"\0")
    forged = b"".join(sealed_files.sealed(io.BytesIO(b"%PDF-"), key=known, name=NAME))
    assert refused(header + forged)


def test_what_stands_before_the_altered_segment_comes_and_nothing_of_it() -> None:
    content = bytearray(FILE)
    content[-1] ^= 1
    key = sealed_files.key_in(FILE[:HEADER], name=NAME, vault=VAULT)
    pieces = sealed_files.opened(io.BytesIO(bytes(content[HEADER:])), key=key, name=NAME)
    assert [next(pieces), next(pieces)] == [THREE[:SEGMENT], THREE[SEGMENT : 2 * SEGMENT]]
    with pytest.raises(SealBroken):
        next(pieces)


def changed_key(change: Callable[[bytes], bytes]) -> Vault:
    return Vault("k1", {"k1": change(b"k" * 32)}, b"i" * 32)


def test_nothing_opens_without_the_data_key() -> None:
    assert refused(FILE, vault=changed_key(lambda key: key[::-1].replace(b"k", b"x")))
    assert refused(FILE, vault=Vault("k2", {"k2": b"k" * 32}, b"i" * 32))


def test_the_longest_name_of_a_data_key_fits_into_the_header() -> None:
    name = "k" * 255
    vault = Vault(name, {name: b"k" * 32}, b"i" * 32)
    assert pieces_of(file_of(b"content", vault=vault), vault=vault) == [b"content"]


@pytest.mark.parametrize("size", [0, HEADER, HEADER + 15])
def test_a_file_too_short_to_be_one_has_no_size(size: int) -> None:
    with pytest.raises(SealBroken):
        sealed_files.plain_size(size)
