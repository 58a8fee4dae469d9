"""Ids: random where nobody types them, with a check digit where people do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kit.ids import has_check_digit, is_request_id, new_id, with_check_digit

DIGITS = st.text(alphabet="0123456789", min_size=1, max_size=20)


def test_new_ids_are_request_ids_and_differ() -> None:
    ids = {new_id() for _ in range(100)}
    assert len(ids) == 100
    assert all(is_request_id(each) for each in ids)


@pytest.mark.parametrize("text", ["12345678", "a" * 64, "A-b_c-d_9"])
def test_a_request_id_is_8_to_64_letters_digits_hyphens_and_underscores(text: str) -> None:
    assert is_request_id(text)


@pytest.mark.parametrize(
    "text", ["", "1234567", "a" * 65, "with space", "汉字汉字汉字汉字", "1234567;"]
)
def test_other_request_ids_are_refused(text: str) -> None:
    assert not is_request_id(text)


@pytest.mark.parametrize(
    ("digits", "number"),
    [
        # Luhn by hand for 7992739871: doubled from the right 1→2, 8→16→7, 3→6, 2→4, 9→18→9 = 28,
        # the others 7+9+7+9+7 = 39, together 67, so 3 is missing to 70.
        ("7992739871", "79927398713"),
        ("0", "00"),
        ("1", "18"),
    ],
)
def test_the_check_digit_is_luhns(digits: str, number: str) -> None:
    assert with_check_digit(digits) == number
    assert has_check_digit(number)


@given(DIGITS, st.data())
def test_one_mistyped_digit_is_noticed(digits: str, data: st.DataObject) -> None:
    number = with_check_digit(digits)
    place = data.draw(st.integers(0, len(number) - 1))
    other = data.draw(st.sampled_from([d for d in "0123456789" if d != number[place]]))
    assert not has_check_digit(number[:place] + other + number[place + 1 :])


@pytest.mark.parametrize("text", ["", "7992739871a", "７９９２７３９８７１３", "-18"])
def test_what_is_not_digits_has_no_check_digit(text: str) -> None:
    assert not has_check_digit(text)
