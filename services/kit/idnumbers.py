"""Numbers that identify people and employers: 身份证 and other id types, 统一社会信用代码, mobiles; and their masks.

Serves every screen with 证件号码 or 手机号码 (manual §5.1, §4.3). Pure: the day against which a birth date is judged
is an argument. GB 11643 (身份证, and the 18-character 外国人永久居留证 of 2023), GB 32100 (uscc).
"""

from __future__ import annotations

import re
from datetime import date
from enum import Enum, StrEnum
from operator import mul


class IdType(StrEnum):
    """证件类型, national codes."""

    RESIDENT = "01"
    OFFICER = "02"
    PASSPORT = "03"
    PERMANENT_RESIDENCE = "04"
    OTHER = "99"


ID_TYPE_TITLES_ZH = {
    IdType.RESIDENT: "身份证",
    IdType.OFFICER: "军官证",
    IdType.PASSPORT: "护照",
    IdType.PERMANENT_RESIDENCE: "外国人永久居留证",
    IdType.OTHER: "其他",
}


class IdFault(Enum):
    """What is wrong with an id number; the value is the sentence a clerk reads."""

    FIFTEEN_DIGITS = "15位身份证号码已停止使用，请填写18位号码"
    RESIDENT_SHAPE = "身份证号码应为18位：前17位数字，末位数字或X"
    REGION = "身份证号码前两位不是有效的省级行政区划代码"
    BIRTH_DATE = "证件号码中的出生日期无效"
    CHECK_CHARACTER = "证件号码校验位不正确，请核对"
    OFFICER_SHAPE = "军官证号码应为4至8位数字，可带“字第…号”"
    PASSPORT_SHAPE = "护照号码应为5至15位字母或数字"
    PERMANENT_RESIDENCE_SHAPE = "外国人永久居留证号码应为3位字母加12位数字，或以9开头的18位号码"
    OTHER_SHAPE = "证件号码应为1至30位字母、数字、汉字或横线"


# Nobody alive was born earlier; also what GB 11643 numbers in use begin with.
EARLIEST_BIRTH = date(1900, 1, 1)

# GB/T 2260 provinces; 81, 82, 83 are the residence permits of Hong Kong, Macao and Taiwan people.
PROVINCES = frozenset(
    str(code)
    for first, last in (
        (11, 15),
        (21, 23),
        (31, 37),
        (41, 46),
        (50, 54),
        (61, 65),
        (71, 71),
        (81, 83),
    )
    for code in range(first, last + 1)
)

_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECK = "10X98765432"

_RESIDENT = re.compile(r"[1-9]\d{16}[\dX]", re.ASCII)
_OFFICER = re.compile(r"(?:[\u4e00-\u9fff]{1,4}字第)?\d{4,8}号?", re.ASCII)
_PASSPORT = re.compile(r"[A-Z0-9]{5,15}", re.ASCII)
_PERMANENT_OLD = re.compile(r"[A-Z]{3}\d{12}", re.ASCII)
_PERMANENT_NEW = re.compile(r"9\d{16}[\dX]", re.ASCII)
_OTHER = re.compile(r"[A-Z0-9\u4e00-\u9fff()（）-]{1,30}", re.ASCII)

_MOBILE = re.compile(r"1[3-9]\d{9}", re.ASCII)

_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_WEIGHTS = tuple(3**place % 31 for place in range(17))
_USCC = re.compile(rf"[{_USCC_ALPHABET}]{{2}}\d{{6}}[{_USCC_ALPHABET}]{{10}}", re.ASCII)


def id_number_fault(id_type: IdType, id_number: str, *, on: date) -> IdFault | None:
    """The first thing wrong with an id number of that type, or None.

    `id_number` is already without spaces and in capitals; `on` is the day nobody may be born after.
    """
    if id_type is IdType.RESIDENT:
        return _resident_fault(id_number, on=on)
    if id_type is IdType.PERMANENT_RESIDENCE:
        return _permanent_residence_fault(id_number, on=on)
    shape, fault = {
        IdType.OFFICER: (_OFFICER, IdFault.OFFICER_SHAPE),
        IdType.PASSPORT: (_PASSPORT, IdFault.PASSPORT_SHAPE),
        IdType.OTHER: (_OTHER, IdFault.OTHER_SHAPE),
    }[id_type]
    return None if shape.fullmatch(id_number) else fault


def _resident_fault(id_number: str, *, on: date) -> IdFault | None:
    if len(id_number) == 15 and id_number.isascii() and id_number.isdigit():
        return IdFault.FIFTEEN_DIGITS
    if not _RESIDENT.fullmatch(id_number):
        return IdFault.RESIDENT_SHAPE
    if id_number[:2] not in PROVINCES:
        return IdFault.REGION
    return _birth_and_check_fault(id_number, on=on)


def _permanent_residence_fault(id_number: str, *, on: date) -> IdFault | None:
    if _PERMANENT_OLD.fullmatch(id_number):
        return None
    if not _PERMANENT_NEW.fullmatch(id_number):
        return IdFault.PERMANENT_RESIDENCE_SHAPE
    return _birth_and_check_fault(id_number, on=on)


def _birth_and_check_fault(id_number: str, *, on: date) -> IdFault | None:
    try:
        birth = date(int(id_number[6:10]), int(id_number[10:12]), int(id_number[12:14]))
    except ValueError:
        return IdFault.BIRTH_DATE
    if not EARLIEST_BIRTH <= birth <= on:
        return IdFault.BIRTH_DATE
    if id_check_character(id_number[:17]) != id_number[17]:
        return IdFault.CHECK_CHARACTER
    return None


def id_check_character(first_17: str) -> str:
    """ISO 7064 MOD 11-2 over the first 17 digits of a resident or permanent-residence number (GB 11643)."""
    if len(first_17) != len(_ID_WEIGHTS):
        raise ValueError("the check character follows 17 digits")
    return _ID_CHECK[sum(map(mul, map(int, first_17), _ID_WEIGHTS)) % 11]


def is_uscc(text: str) -> bool:
    """Is this a 统一社会信用代码 with the right check character (GB 32100)? Capitals, no spaces."""
    return bool(_USCC.fullmatch(text)) and uscc_check_character(text[:17]) == text[17]


def uscc_check_character(first_17: str) -> str:
    """GB 32100 check character over the first 17; raises ValueError for a letter outside its alphabet."""
    total = sum(
        _USCC_ALPHABET.index(character) * weight
        for character, weight in zip(first_17, _USCC_WEIGHTS, strict=True)
    )
    return _USCC_ALPHABET[-total % 31]


def is_mobile(text: str) -> bool:
    """Is this the shape of a mainland mobile number? Eleven digits from 13 to 19."""
    return bool(_MOBILE.fullmatch(text))


def mask_id_number(id_number: str) -> str:
    """What may be shown of an id number: `130***********1234`; short ones keep their first and last two."""
    return (
        _masked(id_number, head=3, tail=4)
        if len(id_number) >= 12
        else _masked(id_number, head=2, tail=2)
    )


def mask_mobile(mobile: str) -> str:
    """What may be shown of a mobile: `138****1234`."""
    return _masked(mobile, head=3, tail=4)


def _masked(text: str, *, head: int, tail: int) -> str:
    hidden = len(text) - head - tail
    return text[:head] + "*" * hidden + text[-tail:] if hidden > 0 else "*" * len(text)


def make_id_number(region: str, birth: date, sequence: int) -> str:
    """A valid resident number for a test person: six-digit region, birth date, sequence 0–999."""
    if len(region) != 6 or not 0 <= sequence <= 999:
        raise ValueError("a region has six digits, a sequence at most three")
    first_17 = f"{region}{birth:%Y%m%d}{sequence:03d}"
    return first_17 + id_check_character(first_17)


def make_uscc(region: str, sequence: int, *, kind: str = "91") -> str:
    """A valid uscc for a test employer: six-digit region, sequence, and kind (91 is a company)."""
    organisation = f"{sequence:08d}"
    if len(region) != 6 or len(organisation) != 8 or len(kind) != 2:
        raise ValueError("a region has six digits, a sequence at most eight, a kind two")
    first_17 = kind + region + organisation + _organisation_check_character(organisation)
    return first_17 + uscc_check_character(first_17)


def _organisation_check_character(organisation: str) -> str:
    """GB 11714: the ninth character of the organisation code inside a uscc."""
    weights = (3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(digit) * weight for digit, weight in zip(organisation, weights, strict=True))
    check = 11 - total % 11
    return {10: "X", 11: "0"}.get(check, str(check))
