"""108 made-up people of one employer, the same every time, and what they must come to.

The expected amounts are worked out here with Decimal, apart from the hall's own rules: the demo
would otherwise only prove that the hall agrees with itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from services.kit.idnumbers import id_check_character, make_id_number

HEADCOUNT = 108
EMPLOYER_RATE = 12
EMPLOYEE_RATE = 10

#: The person of the manual: 16317.00 → 1958.04 + 1631.70 = 3589.74.
MANUAL_BASE_FEN = 1_631_700
MANUAL_MONTHLY_FEN = 358_974

_REGIONS = ("130702", "130703", "130705", "130706", "130722", "130724")
_SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾萧田董袁"
_GIVEN = (
    "建国", "秀英", "志强", "丽华", "海燕", "永刚", "晓明", "玉兰", "文博", "雪梅", "振宇", "思远",
    "佳怡", "国栋", "春生", "慧敏", "鹏飞", "静", "磊", "欣然", "立新", "淑珍", "浩", "婷婷",
)  # fmt: skip
#: Characters that few fonts have: CJK extensions A and B.
RARE_NAMES = {5: "刘䶮", 17: "王㛃", 42: "李𠮷祥"}


@dataclass(frozen=True, slots=True)
class Person:
    """One row of the employer's list."""

    name: str
    id_number: str
    mobile: str
    base_fen: int

    @property
    def monthly_fen(self) -> int:
        """Both shares, each rounded to fen on its own, half up."""
        return _share_fen(self.base_fen, EMPLOYER_RATE) + _share_fen(self.base_fen, EMPLOYEE_RATE)


@dataclass(frozen=True, slots=True)
class Mistake:
    """A row written wrong on purpose: where, what is to be said about which rows, and the cure."""

    row_number: int
    what_zh: str
    field: str
    wrong: Person
    bad_rows: tuple[int, ...]


def everybody() -> list[Person]:
    """The 108, as they should have been written."""
    return [_person(number) for number in range(1, HEADCOUNT + 1)]


def mistakes(people: Sequence[Person]) -> list[Mistake]:
    """Three mistakes of a tired clerk, four bad rows: a pair of equal rows is wrong twice."""
    checksum, floor, twice, original = 12, 57, 90, 33
    misread = people[checksum - 1]
    broken = misread.id_number[:17] + _other_check_character(misread.id_number)
    return [
        Mistake(
            checksum,
            "身份证号码最后一位写错",
            "id_number",
            replace(misread, id_number=broken),
            (checksum,),
        ),
        Mistake(
            floor,
            "缴存基数低于下限（1200.00 元）",
            "base",
            replace(people[floor - 1], base_fen=120_000),
            (floor,),
        ),
        Mistake(
            twice,
            f"证件号码与第 {original} 行重复",
            "id_number",
            replace(people[twice - 1], id_number=people[original - 1].id_number),
            (original, twice),
        ),
    ]


def _person(number: int) -> Person:
    birth = date(1966, 1, 1) + timedelta(days=number * 113)
    given = _GIVEN[(number * 7 + number // len(_SURNAMES)) % len(_GIVEN)]
    return Person(
        name=RARE_NAMES.get(number, _SURNAMES[number % len(_SURNAMES)] + given),
        id_number=make_id_number(_REGIONS[number % len(_REGIONS)], birth, number * 7 % 1000),
        mobile=f"13{number % 10}{55_000_000 + number * 7919:08d}",
        base_fen=MANUAL_BASE_FEN if number == 1 else _base_fen(number),
    )


def _base_fen(number: int) -> int:
    """Between 3000 and 15000 yuan, with odd fen here and there so that rounding shows."""
    return 300_000 + (number * number * 7_919 + number * 104_729) % 1_200_000


def _share_fen(base_fen: int, percent: int) -> int:
    exact = Decimal(base_fen) * percent / 100
    return int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def _other_check_character(id_number: str) -> str:
    right = id_check_character(id_number[:17])
    return "1" if right != "1" else "2"
