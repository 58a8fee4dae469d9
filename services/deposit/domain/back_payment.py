"""补缴 (manual §6.2): its worksheet, and the rules that the money side can judge.

Which months may be paid back and what 正常全额 comes to is the roster's to say; collection checks it after 提交. Which
of them are paid on somebody's ledger is known here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from hpf.deposit.v1 import deposit_events_pb2

from services.deposit.domain.codes import (
    SUMMARY_BACK_PAYMENT_ARBITRARY,
    SUMMARY_BACK_PAYMENT_FULL,
)
from services.deposit.domain.suspense import shortage
from services.deposit.errors import (
    ACCOUNT_UNKNOWN,
    AMOUNT_DISAGREES,
    HEADCOUNT_DISAGREES,
    MONTH_AHEAD,
    MONTHS_BACKWARDS,
    MONTHS_PAID_IN_FULL,
    MONTHS_REPEATED,
)
from services.kit.money import format_yuan
from services.kit.months import YearMonth
from services.kit.sentences import first_of
from services.kit.sheets.columns import Choice, Column, ColumnKind
from services.kit.worksheet.rows import CellError, ParsedRow, ParsedSheet, RowError
from services.kit.worksheet.spec import EchoColumn

KEY = "back_payment"
TITLE = "补缴"

FULL = deposit_events_pb2.BACK_PAYMENT_KIND_FULL
ARBITRARY = deposit_events_pb2.BACK_PAYMENT_KIND_ARBITRARY
SUMMARY_OF_KIND = {FULL: SUMMARY_BACK_PAYMENT_FULL, ARBITRARY: SUMMARY_BACK_PAYMENT_ARBITRARY}

HEADER = (
    Column("amount", "补缴金额", ColumnKind.MONEY, required=True, example="7179.48"),
    Column("headcount", "补缴人数", ColumnKind.COUNT, required=True, example="1"),
    Column(
        "kind",
        "补缴类型",
        ColumnKind.CODE,
        required=True,
        example="不定额补缴",
        choices=(Choice(str(int(FULL)), "正常全额补缴"), Choice(str(int(ARBITRARY)), "不定额补缴")),
    ),
)

HEADER_ECHO = (
    EchoColumn("available", "暂存款可用余额"),
    EchoColumn("method", "缴款方式"),
    EchoColumn("suspense_in", "暂存款转入金额"),
    EchoColumn("suspense_out", "暂存款转出金额"),
    EchoColumn("paid", "实际缴款金额"),
)

COLUMNS = (
    Column("account_no", "个人账号", ColumnKind.ACCOUNT_NO, required=True, width=20),
    Column(
        "amount",
        "补缴金额",
        ColumnKind.MONEY,
        required=True,
        example="3589.74",
        hint_zh="所填各月合计，单位为元",
        width=16,
    ),
    Column(
        "from_month",
        "开始年月",
        ColumnKind.MONTH,
        required=True,
        example="201907",
        hint_zh="年月格式为：201907",
        width=12,
    ),
    Column(
        "to_month",
        "截止年月",
        ColumnKind.MONTH,
        required=True,
        example="201908",
        hint_zh="年月格式为：201908",
        width=12,
        aliases_zh=("终止年月",),
    ),
)

#: Every fen of a back payment comes from the suspense.
_METHOD = "暂存款"

# Runs of months that one sentence names.
_RUNS_NAMED_MAX = 3

ECHO = (EchoColumn("name", "个人姓名"), EchoColumn("id_number", "证件号码"))


class PaidRun(NamedTuple):
    """Months in a row, both included, that a row of the list asks for and the person's ledger has paid in full."""

    row_number: int
    first: YearMonth
    last: YearMonth


def header_echo_of(header: ParsedRow, *, suspense_fen: int) -> dict[str, str]:
    """单位补缴信息 beside what is typed: where the money comes from, and how much."""
    amount = format_yuan(header.fen("amount")) if header.has("amount") else ""
    return {
        "available": format_yuan(suspense_fen),
        "method": _METHOD,
        "suspense_in": format_yuan(0),
        "suspense_out": amount,
        "paid": amount,
    }


def is_full(header: ParsedRow) -> bool:
    """Whether 补缴类型 is given, and is 正常全额."""
    return header.has("kind") and kind_of(header) == FULL


def kind_of(header: ParsedRow) -> deposit_events_pb2.BackPaymentKind:
    """补缴类型 of a header without errors."""
    return FULL if header.text("kind") == str(int(FULL)) else ARBITRARY


def faults(
    sheet: ParsedSheet,
    *,
    known: Collection[str],
    paid: Iterable[PaidRun],
    current: YearMonth,
    suspense_fen: int,
) -> Iterator[RowError]:
    """Everything the money side has against the list; `known` are the employer's accounts among its rows, `paid` what
    of a list of 正常全额 is paid already."""
    paid_already = faults_of_paid(paid)
    for row in sheet.rows:
        if row.text("account_no") not in known:
            yield row.error("account_no", ACCOUNT_UNKNOWN)
        elif row.row_number in paid_already:
            yield row.place(paid_already[row.row_number])
        yield from _faults_of_months(row, current)
    yield from _repeated_months(sheet.rows)
    if sheet.complete:
        yield from _faults_of_totals(sheet)
    if sheet.header.has("amount"):
        refusal = shortage(due_fen=sheet.header.fen("amount"), suspense_fen=suspense_fen)
        if refusal is not None:
            yield sheet.header.error("amount", refusal.reason, **refusal.facts)


def faults_of_paid(paid: Iterable[PaidRun]) -> Mapping[int, CellError]:
    """By row number: 正常全额 pays a month once. `paid` are in order of rows and months."""
    runs: dict[int, list[PaidRun]] = defaultdict(list)
    for run in paid:
        runs[run.row_number].append(run)
    return {
        row_number: CellError.of("from_month", MONTHS_PAID_IN_FULL, months=_named(found))
        for row_number, found in runs.items()
    }


def headcount_of(rows: Sequence[ParsedRow]) -> int:
    """补缴人数: people, not rows."""
    return len({row.text("account_no") for row in rows})


def _named(runs: Sequence[PaidRun]) -> str:
    """The first few runs of months as a sentence names them."""
    texts = [
        str(run.first) if run.first == run.last else f"{run.first} 至 {run.last}" for run in runs
    ]
    return first_of(texts, at_most=_RUNS_NAMED_MAX)


def _faults_of_months(row: ParsedRow, current: YearMonth) -> Iterator[RowError]:
    first, last = row.month("from_month"), row.month("to_month")
    if first > last:
        yield row.error("to_month", MONTHS_BACKWARDS)
    elif last > current:
        yield row.error("to_month", MONTH_AHEAD, current=current)


def _repeated_months(rows: Sequence[ParsedRow]) -> Iterator[RowError]:
    """Rows of one person may not share a month: both are at fault."""
    by_account: dict[str, list[ParsedRow]] = defaultdict(list)
    for row in rows:
        by_account[row.text("account_no")].append(row)
    for same in by_account.values():
        in_time = sorted(same, key=lambda row: row.month("from_month"))
        last = in_time[0]
        for row in in_time[1:]:
            if row.month("from_month") <= last.month("to_month"):
                yield last.error("from_month", MONTHS_REPEATED, row=row.row_number)
                yield row.error("from_month", MONTHS_REPEATED, row=last.row_number)
            last = max(last, row, key=lambda each: each.month("to_month"))


def _faults_of_totals(sheet: ParsedSheet) -> Iterator[RowError]:
    """补缴金额 and 补缴人数 typed above the list must be those of the rows."""
    total = sum(row.fen("amount") for row in sheet.rows)
    if sheet.header.has("amount") and sheet.header.fen("amount") != total:
        yield sheet.header.error("amount", AMOUNT_DISAGREES, total=format_yuan(total))
    people = headcount_of(sheet.rows)
    if sheet.header.has("headcount") and sheet.header.count("headcount") != people:
        yield sheet.header.error("headcount", HEADCOUNT_DISAGREES, people=people)
