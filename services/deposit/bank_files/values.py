"""What both forms of the bank's file have in common: their limits, and how a day, an amount and a reference are read."""

from __future__ import annotations

from datetime import date

from services.deposit.domain.bank_spelling import spelled
from services.deposit.domain.reconciliation import BankEntry
from services.deposit.errors import BANK_FILE_INVALID
from services.kit.days import parse_day
from services.kit.errors import DomainError, fact
from services.kit.money import parse_yuan

# A city's day is some thousand payments of 200 bytes; a message of the bus takes no more anyway.
FILE_BYTES_MAX = 4 * 2**20
ENTRIES_MAX = 50_000
# What a reply can say of a sum.
TOTAL_FEN_MAX = 2**63 - 1


class Entries:
    """The entries of a file as they are read. Raises BANK_FILE_INVALID past either limit."""

    def __init__(self) -> None:
        self.found: list[BankEntry] = []
        self._total_fen = 0

    def add(self, entry: BankEntry) -> None:
        self.found.append(entry)
        self._total_fen += entry.amount_fen
        if len(self.found) > ENTRIES_MAX:
            raise invalid(f"不能超过 {ENTRIES_MAX} 笔")
        if self._total_fen > TOTAL_FEN_MAX:
            raise invalid("金额合计过大")


def check_size(content: bytes) -> None:
    if len(content) > FILE_BYTES_MAX:
        raise invalid(f"文件不能超过 {FILE_BYTES_MAX // 2**20} MB")


def day_of(text: str, *, where: str) -> date:
    try:
        return parse_day(text.strip())
    except ValueError:
        raise invalid(f"{where}的日期应为 YYYY-MM-DD") from None


def fen_of(text: str, *, where: str) -> int:
    try:
        return parse_yuan(text)
    except ValueError:
        raise invalid(f"{where}的金额应为最多两位小数的元") from None


def reference_of(text: str, *, where: str) -> str:
    if not text.strip():
        raise invalid(f"{where}没有银行流水号")
    reference = spelled(text)
    if reference is None:
        raise invalid(f"{where}的银行流水号有无法识别的字符或过长")
    return reference


def invalid(fault: str) -> DomainError:
    return fact(BANK_FILE_INVALID, fault=fault)
