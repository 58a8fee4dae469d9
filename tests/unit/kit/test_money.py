"""Money: read from yuan, shared by rates, rounded half up on each side, written in digits and capital words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kit.money import (
    FEN_MAX,
    Rounding,
    capital_words,
    format_yuan,
    parse_yuan,
    share_of,
)

FENS = st.integers(min_value=-FEN_MAX + 1, max_value=FEN_MAX - 1)


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("16317", 1631700),
        ("16317.00", 1631700),
        ("16,317.00", 1631700),
        ("0.05", 5),
        ("0.5", 50),
        ("-12.34", -1234),
        (" 352 ", 35200),
        ("9999999999999.99", 999999999999999),
    ],
)
def test_yuan_as_people_type_them_are_read_to_the_fen(text: str, fen: int) -> None:
    assert parse_yuan(text) == fen


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1.234",
        "1e3",
        "１６３１７",
        "1,63,17",
        ",317",
        "+5",
        "--5",
        "5.",
        ".5",
        "12 345",
        "NaN",
        "10000000000000",  # fourteen digits: more money than any fund has
        "5\n5",
    ],
)
def test_anything_but_yuan_with_two_decimals_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_yuan(text)


@pytest.mark.parametrize(
    ("fen", "plain", "grouped"),
    [
        (0, "0.00", "0.00"),
        (5, "0.05", "0.05"),
        (358974, "3589.74", "3,589.74"),
        (-3451, "-34.51", "-34.51"),
        (1136144521, "11361445.21", "11,361,445.21"),
    ],
)
def test_fen_are_shown_as_yuan_with_two_decimals(fen: int, plain: str, grouped: str) -> None:
    assert format_yuan(fen) == plain
    assert format_yuan(fen, grouping=True) == grouped


@given(FENS)
def test_what_is_written_reads_back_to_the_same_fen(fen: int) -> None:
    assert parse_yuan(format_yuan(fen)) == fen
    assert parse_yuan(format_yuan(fen, grouping=True)) == fen


@pytest.mark.parametrize(
    ("base_fen", "employer_percent", "employee_percent", "employer_fen", "employee_fen"),
    [
        # 16317.00 at 12 % + 10 %: 1958.04 + 1631.70 = 3589.74
        (1631700, 12, 10, 195804, 163170),
        # 1600.00: 192.00 + 160.00 = 352.00
        (160000, 12, 10, 19200, 16000),
        # 5000.00: 600.00 + 500.00 = 1100.00
        (500000, 12, 10, 60000, 50000),
        # 10.01 at 5 %: 0.5005 is 0.50; 10.10 at 5 %: 0.505 is 0.51
        (1001, 5, 5, 50, 50),
        (1010, 5, 5, 51, 51),
    ],
)
def test_each_side_is_a_percentage_of_the_base(
    base_fen: int,
    employer_percent: int,
    employee_percent: int,
    employer_fen: int,
    employee_fen: int,
) -> None:
    assert share_of(base_fen, employer_percent) == employer_fen
    assert share_of(base_fen, employee_percent) == employee_fen


def test_the_sides_are_rounded_on_their_own_and_then_added() -> None:
    # 10.10 at 5 % + 5 %: 0.505 and 0.505 are 0.51 each, 1.02 together; 10 % of it at once would be 1.01.
    assert share_of(1010, 5) + share_of(1010, 5) == 102
    assert share_of(1010, 10) == 101


@pytest.mark.parametrize(
    ("rounding", "fen"),
    [
        # 1234.56 at 7 % is 86.4192
        (Rounding.FEN, 8642),
        (Rounding.JIAO, 8640),
        (Rounding.YUAN, 8600),
    ],
)
def test_a_share_is_rounded_to_fen_jiao_or_yuan(rounding: Rounding, fen: int) -> None:
    assert share_of(123456, 7, rounding=rounding) == fen


@pytest.mark.parametrize(
    ("base_fen", "percent", "rounding", "fen"),
    [
        # 0.5 % of a yuan is half a fen
        (50, 1, Rounding.FEN, 1),
        (49, 1, Rounding.FEN, 0),
        # 0.05 is half a jiao
        (500, 1, Rounding.JIAO, 10),
        (499, 1, Rounding.JIAO, 0),
        # 0.50 is half a yuan
        (5000, 1, Rounding.YUAN, 100),
        (4999, 1, Rounding.YUAN, 0),
    ],
)
def test_exactly_half_goes_up(base_fen: int, percent: int, rounding: Rounding, fen: int) -> None:
    assert share_of(base_fen, percent, rounding=rounding) == fen


@given(
    st.integers(min_value=0, max_value=10**10),
    st.integers(min_value=0, max_value=100),
    st.sampled_from(Rounding),
)
def test_a_share_is_never_further_than_half_a_unit_from_the_exact_one(
    base_fen: int, percent: int, rounding: Rounding
) -> None:
    share = share_of(base_fen, percent, rounding=rounding)
    assert share % rounding.value == 0
    # In hundredths of a fen, so that both sides are integers.
    assert -50 * rounding.value < share * 100 - base_fen * percent <= 50 * rounding.value


@pytest.mark.parametrize(("base_fen", "percent"), [(-1, 12), (100, -1)])
def test_a_negative_base_or_rate_has_no_share(base_fen: int, percent: int) -> None:
    with pytest.raises(ValueError):
        share_of(base_fen, percent)


@pytest.mark.parametrize(
    ("fen", "words"),
    [
        (14141137, "壹拾肆万壹仟肆佰壹拾壹元叁角柒分"),
        (358974, "叁仟伍佰捌拾玖元柒角肆分"),
        (0, "零元整"),
        (100, "壹元整"),
        (1000, "壹拾元整"),
        (5, "伍分"),
        (50, "伍角整"),
        (105, "壹元零伍分"),
        (150, "壹元伍角整"),
        (10003, "壹佰元零叁分"),
        (100500, "壹仟零伍元整"),
        (1000500, "壹万零伍元整"),
        (10050000, "壹拾万零伍佰元整"),
        (10000000, "壹拾万元整"),
        (100000000, "壹佰万元整"),
        (1136144521, "壹仟壹佰叁拾陆万壹仟肆佰肆拾伍元贰角壹分"),
        (10000000000, "壹亿元整"),
        (10000000100, "壹亿零壹元整"),
        (12030405067, "壹亿贰仟零叁拾万肆仟零伍拾元陆角柒分"),
        (-3451, "负叁拾肆元伍角壹分"),
    ],
)
def test_capital_words_as_banks_write_them(fen: int, words: str) -> None:
    assert capital_words(fen) == words


def test_an_amount_beyond_all_limits_has_no_words() -> None:
    with pytest.raises(ValueError):
        capital_words(FEN_MAX * 10)


@given(st.integers(min_value=0, max_value=FEN_MAX))
def test_capital_words_say_the_amount_again(fen: int) -> None:
    assert _heard(capital_words(fen)) == fen


def _heard(words: str) -> int:
    """Fen from capital words, by adding up what each place says: written apart from the code under test."""
    yuan_words, _, rest = words.partition("元") if "元" in words else ("", "", words)
    fen = _number(yuan_words) * 100
    for unit, worth in (("角", 10), ("分", 1)):
        if unit in rest:
            fen += "零壹贰叁肆伍陆柒捌玖".index(rest[rest.index(unit) - 1]) * worth
    return fen


def _number(words: str) -> int:
    for unit, worth in (("亿", 10**8), ("万", 10**4)):
        if unit in words:
            high, _, low = words.partition(unit)
            return _number(high) * worth + _number(low)
    total = digit = 0
    for character in words:
        if character in "拾佰仟":
            total += digit * {"拾": 10, "佰": 100, "仟": 1000}[character]
            digit = 0
        else:
            digit = "零壹贰叁肆伍陆柒捌玖".index(character)
    return total + digit
