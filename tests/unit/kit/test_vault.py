"""Vault: what is sealed opens only unaltered and under its key; the index finds equal values and hides them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kit.vault import SealBroken, Vault

OLD = b"o" * 32
NEW = b"n" * 32
INDEX = b"i" * 32
VAULT = Vault("k2", {"k1": OLD, "k2": NEW}, INDEX)

ID_NUMBER = "130702198501011238"


@given(st.binary(max_size=200))
def test_what_was_sealed_opens_again(plain: bytes) -> None:
    assert VAULT.open(VAULT.seal(plain)) == plain


def test_sealed_text_shows_nothing_of_the_text() -> None:
    sealed = VAULT.seal_text(ID_NUMBER)
    assert ID_NUMBER.encode() not in sealed
    assert VAULT.open_text(sealed) == ID_NUMBER


def test_equal_values_are_sealed_differently() -> None:
    assert VAULT.seal_text(ID_NUMBER) != VAULT.seal_text(ID_NUMBER)


def test_a_value_carries_the_key_it_was_sealed_under() -> None:
    # Length of the key's name, the name, 12 bytes of nonce, 18 of text and 16 of tag.
    sealed = VAULT.seal_text(ID_NUMBER)
    assert sealed[:3] == b"\x02k2"
    assert len(sealed) == 1 + 2 + 12 + 18 + 16


def test_values_of_an_old_key_open_after_the_current_one_has_changed() -> None:
    before = Vault("k1", {"k1": OLD}, INDEX).seal_text(ID_NUMBER)
    assert VAULT.open_text(before) == ID_NUMBER


def test_values_of_an_unknown_key_do_not_open() -> None:
    sealed = VAULT.seal_text(ID_NUMBER)
    with pytest.raises(SealBroken):
        Vault("k1", {"k1": OLD}, INDEX).open(sealed)


@given(st.data())
def test_one_altered_byte_breaks_the_seal(data: st.DataObject) -> None:
    sealed = bytearray(VAULT.seal(b"352.00"))
    place = data.draw(st.integers(0, len(sealed) - 1))
    sealed[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(SealBroken):
        VAULT.open(bytes(sealed))


@pytest.mark.parametrize("sealed", [b"", b"\x02", b"\x02k2", b"\x02k2" + b"n" * 12, b"\xff" * 40])
def test_what_is_too_short_to_be_sealed_is_broken(sealed: bytes) -> None:
    with pytest.raises(SealBroken):
        VAULT.open(sealed)


def test_a_key_cannot_be_passed_off_as_another() -> None:
    same_key_twice = Vault("k1", {"k1": OLD, "k2": OLD}, INDEX)
    sealed = same_key_twice.seal(b"plain")
    with pytest.raises(SealBroken):
        same_key_twice.open(sealed.replace(b"k1", b"k2", 1))


def test_what_is_sealed_about_something_opens_as_that_only() -> None:
    sealed = VAULT.seal(b"plain", about="file a")
    assert VAULT.open(sealed, about="file a") == b"plain"
    for other in ("file b", ""):
        with pytest.raises(SealBroken):
            VAULT.open(sealed, about=other)
    with pytest.raises(SealBroken):
        VAULT.open(VAULT.seal(b"plain"), about="file a")


def test_empty_text_stays_empty() -> None:
    assert VAULT.seal_text("") == b""
    assert VAULT.open_text(b"") == ""


def test_the_index_finds_equal_values_of_one_column_only() -> None:
    assert VAULT.index("id_number", ID_NUMBER) == VAULT.index("id_number", ID_NUMBER)
    assert VAULT.index("id_number", ID_NUMBER) != VAULT.index("mobile", ID_NUMBER)
    assert VAULT.index("id_number", ID_NUMBER) != VAULT.index("id_number", ID_NUMBER[:-1] + "9")


def test_the_index_cannot_be_computed_without_its_key() -> None:
    other = Vault("k2", {"k2": NEW}, b"j" * 32)
    assert VAULT.index("id_number", ID_NUMBER) != other.index("id_number", ID_NUMBER)


def test_the_current_key_must_be_among_the_keys() -> None:
    with pytest.raises(ValueError):
        Vault("k3", {"k1": OLD}, INDEX)
