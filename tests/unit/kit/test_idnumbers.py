"""GB 11643, GB 32100 and the other numbers, with published examples."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kit.idnumbers import (
    IdFault,
    IdType,
    id_number_fault,
    is_mobile,
    is_uscc,
    make_id_number,
    make_uscc,
    mask_id_number,
    mask_mobile,
)

TODAY = date(2026, 11, 23)


def test_example_of_gb_11643_is_valid() -> None:
    assert id_number_fault(IdType.RESIDENT, "11010519491231002X", on=TODAY) is None


@pytest.mark.parametrize(
    ("number", "fault"),
    [
        ("110105194912310021", IdFault.CHECK_CHARACTER),
        ("110105194912310", IdFault.FIFTEEN_DIGITS),
        ("11010519491231002x", IdFault.RESIDENT_SHAPE),
        ("1101051949123100", IdFault.RESIDENT_SHAPE),
        ("991105194912310021", IdFault.REGION),
        ("110105194902300021", IdFault.BIRTH_DATE),
        ("110105202702010021", IdFault.BIRTH_DATE),
        ("110105189912310021", IdFault.BIRTH_DATE),
        ("", IdFault.RESIDENT_SHAPE),
    ],
)
def test_bad_resident_number_is_named(number: str, fault: IdFault) -> None:
    assert id_number_fault(IdType.RESIDENT, number, on=TODAY) is fault


def test_somebody_born_today_is_accepted_and_tomorrow_is_not() -> None:
    born_today = make_id_number("130702", TODAY, 1)
    born_tomorrow = make_id_number("130702", date(2026, 11, 24), 1)
    assert id_number_fault(IdType.RESIDENT, born_today, on=TODAY) is None
    assert id_number_fault(IdType.RESIDENT, born_tomorrow, on=TODAY) is IdFault.BIRTH_DATE


@pytest.mark.parametrize(
    ("id_type", "good", "bad"),
    [
        (IdType.OFFICER, "军字第1234567号", "军官"),
        (IdType.OFFICER, "12345678", "123"),
        (IdType.PASSPORT, "E12345678", "E1234-567"),
        (IdType.PERMANENT_RESIDENCE, "CHN110101199001", "CHN11010119900"),
        (IdType.OTHER, "A-1", "A 1"),
    ],
)
def test_shapes_of_other_id_types(id_type: IdType, good: str, bad: str) -> None:
    assert id_number_fault(id_type, good, on=TODAY) is None
    assert id_number_fault(id_type, bad, on=TODAY) is not None


def test_permanent_residence_card_of_2023_has_a_check_character() -> None:
    # The specimen card of 2023; Σ digit × weight = 272 = 24 × 11 + 8, and the ninth of 10X98765432 is 4.
    assert id_number_fault(IdType.PERMANENT_RESIDENCE, "911124198108030024", on=TODAY) is None
    fault = id_number_fault(IdType.PERMANENT_RESIDENCE, "911124198108030025", on=TODAY)
    assert fault is IdFault.CHECK_CHARACTER


@pytest.mark.parametrize("uscc", ["91350100M000100Y43", "91110000802100433B", "911100007109250324"])
def test_published_uscc_are_valid(uscc: str) -> None:
    assert is_uscc(uscc)


@pytest.mark.parametrize(
    "uscc", ["91350100M000100Y44", "91350100m000100y43", "91350100I000100Y43", ""]
)
def test_wrong_uscc_are_not(uscc: str) -> None:
    assert not is_uscc(uscc)


@pytest.mark.parametrize(
    ("number", "shape"),
    [
        ("13812345678", True),
        ("12812345678", False),
        ("1381234567", False),
        ("１３８12345678", False),
    ],
)
def test_mobile_shape(number: str, shape: bool) -> None:
    assert is_mobile(number) is shape


def test_masks_show_what_a_person_may_see() -> None:
    assert mask_id_number("130702199001011234") == "130***********1234"
    assert mask_id_number("E12345678") == "E1*****78"
    assert mask_id_number("A1") == "**"
    assert mask_mobile("13812341234") == "138****1234"


@given(
    st.dates(date(1900, 1, 1), TODAY), st.integers(0, 999), st.integers(0, 16), st.integers(1, 9)
)
def test_any_single_wrong_digit_is_noticed(
    birth: date, sequence: int, place: int, add: int
) -> None:
    number = make_id_number("130702", birth, sequence)
    assert id_number_fault(IdType.RESIDENT, number, on=TODAY) is None
    wrong = number[:place] + str((int(number[place]) + add) % 10) + number[place + 1 :]
    assert id_number_fault(IdType.RESIDENT, wrong, on=TODAY) is not None


@given(st.integers(0, 99_999_999))
def test_made_usccs_are_valid(sequence: int) -> None:
    assert is_uscc(make_uscc("130700", sequence))
