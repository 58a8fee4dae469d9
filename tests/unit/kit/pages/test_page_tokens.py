"""Page tokens: signed, bound to the question, and only ever continuing it."""

from __future__ import annotations

import base64

import pytest

from services.kit import pages
from services.kit.errors import DomainError
from services.kit.vault import Vault

VAULT = Vault("k1", {"k1": b"k" * 32}, b"i" * 32)
SCOPE = ("ListPeople", "10700000010", "01")


def first_page(*, size: int = 2) -> pages.Page:
    return pages.open_page(VAULT, scope=SCOPE, size=size, token="")


def token_after_two() -> str:
    _, token = first_page().cut([("a", 1), ("b", 2), ("c", 3)], lambda row: row)
    return token


def refusal(**changes: object) -> str:
    arguments = {"scope": SCOPE, "size": 2, "token": token_after_two(), **changes}
    with pytest.raises(DomainError) as caught:
        pages.open_page(VAULT, **arguments)
    return caught.value.reason.code


def test_next_page_starts_after_the_last_row_shown() -> None:
    rows, token = first_page().cut([("a", 1), ("b", 2), ("c", 3)], lambda row: row)
    assert rows == [("a", 1), ("b", 2)]
    assert pages.open_page(VAULT, scope=SCOPE, size=2, token=token).after == ("b", 2)


def test_last_page_has_no_token() -> None:
    assert first_page().cut([("a", 1), ("b", 2)], lambda row: row) == ([("a", 1), ("b", 2)], "")


def test_one_row_more_than_shown_is_read() -> None:
    assert first_page(size=50).fetch == 51


def test_size_zero_means_fifty_and_too_many_means_the_most() -> None:
    assert first_page(size=0).size == 50
    assert first_page(size=10_000).size == 500


def test_negative_size_is_refused() -> None:
    assert refusal(size=-1, token="") == "FIELD_INVALID"


def test_token_of_another_filter_is_refused() -> None:
    assert refusal(scope=("ListPeople", "10700000010", "02")) == "PAGE_TOKEN_INVALID"


def test_token_of_another_employer_is_refused() -> None:
    assert refusal(scope=("ListPeople", "10700000028", "01")) == "PAGE_TOKEN_INVALID"


def test_scope_parts_cannot_be_shifted_into_each_other() -> None:
    token = pages.open_page(VAULT, scope=("a", "b|c"), size=1, token="").cut(
        [("x",), ("y",)], lambda row: row
    )[1]
    with pytest.raises(DomainError):
        pages.open_page(VAULT, scope=("a|b", "c"), size=1, token=token)


@pytest.mark.parametrize("place", [0, 15, 16, 20])
def test_altered_token_is_refused(place: int) -> None:
    raw = bytearray(base64.urlsafe_b64decode(token_after_two() + "=="))
    raw[place] ^= 1
    altered = base64.urlsafe_b64encode(bytes(raw)).decode().rstrip("=")
    assert refusal(token=altered) == "PAGE_TOKEN_INVALID"


@pytest.mark.parametrize("token", ["x", "????", "é", "A" * 513, "AAAA"])
def test_text_that_is_no_token_is_refused(token: str) -> None:
    assert refusal(token=token) == "PAGE_TOKEN_INVALID"


def test_token_of_another_hall_is_refused() -> None:
    other = Vault("k1", {"k1": b"k" * 32}, b"j" * 32)
    with pytest.raises(DomainError):
        pages.open_page(other, scope=SCOPE, size=2, token=token_after_two())
