"""Typed text to values, one rule of a cell at a time."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kit.money import format_yuan
from services.kit.months import YearMonth
from services.kit.sheets.columns import Choice, Column, ColumnKind
from services.kit.worksheet.cells import parse_row
from services.kit.worksheet.errors import REASON_BY_CODE
from services.kit.worksheet.rows import CellError, TypedRow, Value

TODAY = date(2026, 11, 23)
ID_TYPES = (Choice("01", "身份证"), Choice("03", "护照"))


def cell(
    kind: ColumnKind, text: str, *, required: bool = False, choices: tuple[Choice, ...] = ()
) -> Value | CellError | None:
    column = Column("x", "列", kind, required=required, choices=choices)
    parsed = parse_row(TypedRow("1", 1, 0, {"x": text}), (column,), on=TODAY)
    return parsed.errors[0] if parsed.errors else parsed.values.get("x")


def reason(found: object) -> str:
    assert isinstance(found, CellError)
    assert found.zh
    assert "{" not in found.zh
    return found.reason


@pytest.mark.parametrize("text", ["", " ", "\u3000", "\u200b", "\u00a0\ufeff"])
def test_empty_required_cell_is_an_error_and_optional_one_has_no_value(text: str) -> None:
    assert reason(cell(ColumnKind.NAME, text, required=True)) == "FIELD_REQUIRED"
    assert cell(ColumnKind.NAME, text) is None


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("张三", "张三"),
        (" 张\u3000三 ", "张三"),
        ("阿依古丽·买买提", "阿依古丽·买买提"),
        ("John  Smith", "John Smith"),
        ("䶮𠮷㛃", "䶮𠮷㛃"),
        ("\uf900", "\uf900"),  # a compatibility ideograph that NFKC would replace
        ("张\u200b三", "张三"),
        ("O'Neil-Zhang", "O'Neil-Zhang"),
    ],
)
def test_names_lose_spaces_only(typed: str, name: str) -> None:
    assert cell(ColumnKind.NAME, typed) == name


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("张三1", "NAME_INVALID"),
        ("=1+1", "NAME_INVALID"),
        ("<b>张</b>", "NAME_INVALID"),
        ("···", "NAME_INVALID"),
        ("张" * 51, "NAME_INVALID"),
        ("张\ue000", "NAME_UNSHOWABLE"),
        ("张\x07三", "NAME_INVALID"),
    ],
)
def test_what_is_no_name_is_refused(typed: str, code: str) -> None:
    assert reason(cell(ColumnKind.NAME, typed)) == code


@pytest.mark.parametrize(
    "typed", ["01", "1", "身份证", " 身份证 ", "０１", "01身份证", "01-身份证"]
)
def test_choice_is_known_by_code_or_title(typed: str) -> None:
    assert cell(ColumnKind.CODE, typed, choices=ID_TYPES) == "01"


def test_unknown_choice_names_the_choices() -> None:
    found = cell(ColumnKind.CODE, "户口本", choices=ID_TYPES)
    assert found == CellError("x", "CHOICE_UNKNOWN", "请从可选项中填写：身份证、护照")


@pytest.mark.parametrize(
    ("typed", "fen"),
    [("5000", 500000), ("5,000.00", 500000), ("１６３１７．００", 1631700), ("0.01", 1), (" 1600 ", 160000)],
)  # fmt: skip
def test_amounts_are_read_as_fen(typed: str, fen: int) -> None:
    assert cell(ColumnKind.MONEY, typed) == fen


@pytest.mark.parametrize("typed", ["953.505", "1e5", "五千", "5000元", "50,00", "--1", "1.", "NaN"])
def test_what_is_no_amount_is_refused(typed: str) -> None:
    assert reason(cell(ColumnKind.MONEY, typed)) == "AMOUNT_INVALID"


@pytest.mark.parametrize("typed", ["0", "0.00", "-1"])
def test_amount_must_be_positive(typed: str) -> None:
    assert reason(cell(ColumnKind.MONEY, typed)) == "AMOUNT_NOT_POSITIVE"


@pytest.mark.parametrize(
    "typed", ["201909", "201909.0", "2019-09", "2019/9", "2019年9月", "2019-09-01", "２０１９０９", "2019.9"]
)  # fmt: skip
def test_months_in_the_ways_clerks_write_them(typed: str) -> None:
    assert cell(ColumnKind.MONTH, typed) == YearMonth(2019, 9)


@pytest.mark.parametrize(
    "typed", ["201913", "201900", "20199", "43709", "2019", "201909.201910", "九月"]
)
def test_what_is_no_month_is_refused(typed: str) -> None:
    assert reason(cell(ColumnKind.MONTH, typed)) == "MONTH_INVALID"


@pytest.mark.parametrize("typed", ["12", "12.00", "12%", "１２％"])
def test_percents_are_whole(typed: str) -> None:
    assert cell(ColumnKind.PERCENT, typed) == 12


@pytest.mark.parametrize("typed", ["12.5", "0", "101", "0.12", "x"])
def test_what_is_no_whole_percent_is_refused(typed: str) -> None:
    assert reason(cell(ColumnKind.PERCENT, typed)) == "PERCENT_INVALID"


def test_mobile_with_spaces_and_full_width_digits_is_read() -> None:
    assert cell(ColumnKind.MOBILE, "１３８ 1234-1234") == "13812341234"
    assert reason(cell(ColumnKind.MOBILE, "1381234123")) == "MOBILE_INVALID"


def test_account_number_keeps_its_zeros() -> None:
    assert cell(ColumnKind.ACCOUNT_NO, " ００12 ") == "0012"
    assert reason(cell(ColumnKind.ACCOUNT_NO, "12;drop")) == "ACCOUNT_NO_INVALID"


def test_text_has_a_length() -> None:
    assert cell(ColumnKind.TEXT, "备注") == "备注"
    assert reason(cell(ColumnKind.TEXT, "x" * 101)) == "TEXT_INVALID"


def test_counts_are_whole_numbers() -> None:
    assert cell(ColumnKind.COUNT, "108") == 108
    assert cell(ColumnKind.COUNT, "0") == 0
    assert reason(cell(ColumnKind.COUNT, "1.5")) == "COUNT_INVALID"


PERSON = (
    Column("id_type", "证件类型", ColumnKind.CODE, choices=ID_TYPES, required=True),
    Column("id_number", "证件号码", ColumnKind.ID_NUMBER, id_type_from="id_type", required=True),
)


def person(
    id_type: str, id_number: str, *, refused: dict[str, str] | None = None
) -> tuple[dict[str, Value], list[str]]:
    typed = TypedRow("1", 1, 0, {"id_type": id_type, "id_number": id_number}, refused or {})
    parsed = parse_row(typed, PERSON, on=TODAY)
    return dict(parsed.values), [f"{each.field} {each.reason}" for each in parsed.errors]


def test_id_number_is_judged_by_its_type() -> None:
    number = "11010519491231002X"
    assert person("身份证", "11010519491231002ｘ") == ({"id_type": "01", "id_number": number}, [])
    assert person("护照", "E12345678")[1] == []
    assert person("身份证", "E12345678")[1] == ["id_number ID_NUMBER_INVALID"]


def test_wrong_id_type_is_one_error_not_two() -> None:
    assert person("户口本", "E12345678")[1] == ["id_type CHOICE_UNKNOWN"]


def test_sentence_of_a_wrong_id_number_says_what_is_wrong_and_quotes_nothing() -> None:
    found = cell(ColumnKind.ID_NUMBER, "110105194912310021")
    assert found == CellError("x", "ID_NUMBER_INVALID", "证件号码校验位不正确，请核对")


def test_cell_spoiled_by_its_file_stays_an_error_although_its_text_is_right() -> None:
    values, found = person("身份证", "11010519491231002X", refused={"id_number": "CELL_IS_NUMBER"})
    assert found == ["id_number CELL_IS_NUMBER"]
    assert "id_number" not in values


KINDS = [kind for kind in ColumnKind if kind is not ColumnKind.DATE]


@given(st.sampled_from(KINDS), st.text(max_size=60))
def test_any_text_has_a_value_or_a_sentence(kind: ColumnKind, text: str) -> None:
    found = cell(kind, text, choices=ID_TYPES)
    if isinstance(found, CellError):
        assert found.reason in REASON_BY_CODE
        assert found.zh


@given(st.integers(1, 10**12))
def test_amounts_we_write_are_read_back(fen: int) -> None:
    assert cell(ColumnKind.MONEY, format_yuan(fen)) == fen
    assert cell(ColumnKind.MONEY, format_yuan(fen, grouping=True)) == fen


@given(st.integers(1900, 2099), st.integers(1, 12))
def test_months_we_write_are_read_back(year: int, month: int) -> None:
    assert cell(ColumnKind.MONTH, str(YearMonth(year, month))) == YearMonth(year, month)
