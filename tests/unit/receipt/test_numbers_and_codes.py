"""Numbers of documents, verification codes, and what is masked."""

from __future__ import annotations

from datetime import date

import pytest

from services.receipt.domain import (
    Print,
    certificate_no,
    code_as_printed,
    codes_in_file,
    joining_receipt_no,
    mask_name,
    mask_number,
    verification_code,
    voucher_no,
)


def test_verification_code_is_sixteen_letters_that_are_not_mistaken() -> None:
    assert verification_code(bytes(32)) == "0000000000000000"
    assert verification_code(b"\xff" * 32) == "ZZZZZZZZZZZZZZZZ"
    # 00000 00001 00010 00011 | 00100 00101 00110 00111, twice
    assert verification_code(bytes([0x00, 0x44, 0x32, 0x14, 0xC7]) * 2) == "0123456701234567"


def test_print_is_named_by_receipt_number_and_content() -> None:
    wanted = Print("2020042310000001", 2)
    assert wanted.key == "2020042310000001/2"
    assert wanted.blob("abcdef0123456789ffff") == "receipts/2020042310000001/2-abcdef0123456789.pdf"
    assert Print.from_bytes(wanted.to_bytes()) == wanted


def test_documents_of_one_business_have_different_numbers() -> None:
    numbers = {"2020042310000001", joining_receipt_no("2020042310000001")}
    numbers |= {voucher_no("2020042310000001")}
    assert numbers == {"2020042310000001", "ZR2020042310000001", "PZ2020042310000001"}


def test_certificate_number_has_the_day_and_a_check_digit() -> None:
    # Luhn of 0000017: 7 counts double, 14 → 5, and 1; 6 in all, so 4 is missing to 10.
    assert certificate_no(date(2020, 4, 24), 17) == "ZM2020042400000174"


def test_code_is_read_as_people_type_it() -> None:
    assert code_as_printed(" 7k2m-9qxa 4t6p-oil1 ") == "7K2M9QXA4T6P0111"


def test_file_carries_its_code_where_it_can_be_found() -> None:
    content = b"%PDF (2020 code:7K2M9QXA4T6P0111) ... (code:7K2M9QXA4T6P0111) code:SHORT"
    assert codes_in_file(content) == ["7K2M9QXA4T6P0111"]


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("张家口试验有限公司", "张家****公司"),
        ("某公司", "某****司"),
        ("甲", "*"),
        ("", ""),
    ],
)
def test_name_is_masked_in_the_middle(name: str, masked: str) -> None:
    assert mask_name(name) == masked


@pytest.mark.parametrize(
    ("number", "masked"), [("2020042310000001", "****0001"), ("1234", "****"), ("", "****")]
)
def test_number_is_masked_but_for_its_end(number: str, masked: str) -> None:
    assert mask_number(number) == masked
