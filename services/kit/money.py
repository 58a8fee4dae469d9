"""Money as integer fen (1/100 yuan); people see yuan with two decimals and 大写 capital words.

No floating point: text goes through `Decimal` only to be read, and every rule works on integers.
"""

from __future__ import annotations

import re
from decimal import Decimal
from enum import Enum

# 10^13 yuan: far above any city's fund, far below what a BIGINT of fen holds.
FEN_MAX = 10**15

_YUAN = re.compile(r"^-?\d{1,13}(\.\d{1,2})?\Z", re.ASCII)
_GROUPED = re.compile(r"^-?\d{1,3}(,\d{3})+(\.\d{1,2})?\Z", re.ASCII)

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")


class Rounding(Enum):
    """To what a share is rounded, always half up; the value is the unit in fen. A centre parameter."""

    FEN = 1
    JIAO = 10
    YUAN = 100


def parse_yuan(text: str) -> int:
    """Read yuan as people type them (`16317`, `16317.00`, `16,317.00`) into fen.

    Raises ValueError for anything else: three decimals, signs in odd places, exponents, words.
    """
    plain = text.strip()
    if _GROUPED.match(plain):
        plain = plain.replace(",", "")
    elif not _YUAN.match(plain):
        raise ValueError("an amount is written in yuan with at most two decimals")
    return int(Decimal(plain).scaleb(2))


def format_yuan(fen: int, *, grouping: bool = False) -> str:
    """Fen as yuan with two decimals: `352000` → `3520.00`, grouped `3,520.00`."""
    sign = "-" if fen < 0 else ""
    yuan, rest = divmod(abs(fen), 100)
    whole = f"{yuan:,}" if grouping else str(yuan)
    return f"{sign}{whole}.{rest:02d}"


def share_of(base_fen: int, percent: int, *, rounding: Rounding = Rounding.FEN) -> int:
    """One side's monthly share: base × percent, rounded half up on its own (manual §5.1, §5.7).

    `base_fen` and `percent` are not negative; the result is fen.
    """
    if base_fen < 0 or percent < 0:
        raise ValueError("a share is computed from a base and a rate that are not negative")
    unit = 100 * rounding.value
    return (base_fen * percent * 2 + unit) // (2 * unit) * rounding.value


def capital_words(fen: int) -> str:
    """The amount in 大写 as banks write it: 141411.37 → 壹拾肆万壹仟肆佰壹拾壹元叁角柒分.

    Raises ValueError from ±10^16 fen on.
    """
    if abs(fen) >= FEN_MAX * 10:
        raise ValueError("amount too large for words")
    if fen < 0:
        return "负" + capital_words(-fen)
    yuan, rest = divmod(fen, 100)
    jiao, cents = divmod(rest, 10)
    words = f"{_whole_words(yuan)}元" if yuan else ""
    if not rest:
        return (words or "零元") + "整"
    if jiao:
        words += f"{_DIGITS[jiao]}角"
    elif yuan:
        words += "零"
    return words + (f"{_DIGITS[cents]}分" if cents else "整")


def _whole_words(number: int) -> str:
    for unit, name in ((10**8, "亿"), (10**4, "万")):
        if number >= unit:
            high, low = divmod(number, unit)
            return _whole_words(high) + name + _rest_words(low, unit=unit)
    for place in range(3, -1, -1):
        digit, below = divmod(number, 10**place)
        if digit:
            return _DIGITS[digit] + _PLACES[place] + _rest_words(below, unit=10**place)
    return ""


def _rest_words(number: int, *, unit: int) -> str:
    if not number:
        return ""
    return ("零" if number < unit // 10 else "") + _whole_words(number)
