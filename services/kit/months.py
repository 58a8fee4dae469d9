"""Contribution months (`YYYYMM`), the unit in which everything in the hall is due, paid and effective.

Serves every screen with 启用年月, 缴至年月, 开始年月, 截止年月 (manual §5, §6). No time zone, no days.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import overload

_TEXT = re.compile(r"^(19|20)\d{2}(0[1-9]|1[0-2])\Z", re.ASCII)


@dataclass(frozen=True, order=True, slots=True)
class YearMonth:
    """One calendar month. Ordered; `month + 1` is the next one; `later - earlier` counts months."""

    year: int
    month: int

    def __post_init__(self) -> None:
        if not 1900 <= self.year <= 2099 or not 1 <= self.month <= 12:
            raise ValueError("month out of range")

    @classmethod
    def parse(cls, text: str) -> YearMonth:
        """Read `YYYYMM`; anything else raises ValueError."""
        if not _TEXT.match(text):
            raise ValueError("a month is written YYYYMM")
        return cls(int(text[:4]), int(text[4:]))

    @classmethod
    def of(cls, day: date) -> YearMonth:
        """The month that contains `day`."""
        return cls(day.year, day.month)

    @classmethod
    def from_int(cls, number: int) -> YearMonth:
        """Read the stored form, an integer such as 202611; anything else raises ValueError."""
        return cls(number // 100, number % 100)

    def to_int(self) -> int:
        """The stored form, an integer such as 202611: it sorts like the month."""
        return self.year * 100 + self.month

    def first_day(self) -> date:
        return date(self.year, self.month, 1)

    def __str__(self) -> str:
        return f"{self.year:04d}{self.month:02d}"

    def __add__(self, months: int) -> YearMonth:
        index = self.year * 12 + self.month - 1 + months
        return YearMonth(index // 12, index % 12 + 1)

    @overload
    def __sub__(self, other: YearMonth) -> int: ...
    @overload
    def __sub__(self, other: int) -> YearMonth: ...
    def __sub__(self, other: YearMonth | int) -> YearMonth | int:
        if isinstance(other, YearMonth):
            return (self.year - other.year) * 12 + self.month - other.month
        return self + (-other)

    def through(self, last: YearMonth) -> Iterator[YearMonth]:
        """Every month from this one to `last`, both included; none when `last` is earlier."""
        # By distance: after the last month that can be written there is none to compare with.
        for distance in range(last - self + 1):
            yield self + distance
