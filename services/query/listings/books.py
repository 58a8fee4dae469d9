"""个人明细账 (manual §4.4, every column of it) and 单位缴存明细 (§4.1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hpf.query.v1 import query_print_pb2
from hpf.query.v1 import query_service_pb2 as pb
from sqlalchemy import Connection, Row

from services.kit.months import YearMonth
from services.kit.sheets.columns import Column, ColumnKind
from services.kit.sheets.writer import CellValue
from services.kit.vault import Vault
from services.query import domain, wire
from services.query.domain import TRANSACTION_TYPE_TITLES_ZH, Period
from services.query.listings.listing import ListColumn, Listing, ListTotal, row_of
from services.query.lookups import employer_of, person_of
from services.query.store import books, codes

LEDGER_COLUMNS = (
    ListColumn(Column("posted_on", "交易日期", ColumnKind.DATE, width=14), 20),
    ListColumn(Column("serial_no", "流水号", ColumnKind.ACCOUNT_NO, width=14), 20),
    ListColumn(Column("base_fen", "个人缴存基数", ColumnKind.MONEY, width=16), 22),
    ListColumn(Column("summary", "摘要", width=16), 20),
    ListColumn(Column("debit_fen", "借方发生额", ColumnKind.MONEY, width=16), 24),
    ListColumn(Column("credit_fen", "贷方发生额", ColumnKind.MONEY, width=16), 24),
    ListColumn(Column("balance_fen", "个人账户余额", ColumnKind.MONEY, width=18), 24),
    ListColumn(Column("transaction_type", "交易类型", width=12), 16),
    ListColumn(Column("from_month", "开始年月", ColumnKind.MONTH, width=12), 16),
    ListColumn(Column("to_month", "截止年月", ColumnKind.MONTH, width=12), 16),
    ListColumn(Column("remark", "备注", width=28), 34),
)

STATEMENT_COLUMNS = (
    ListColumn(Column("posted_on", "交易日期", ColumnKind.DATE, width=14), 20),
    ListColumn(Column("registration_no", "登记号", ColumnKind.ACCOUNT_NO, width=22), 32),
    ListColumn(Column("summary", "摘要", width=16), 20),
    ListColumn(Column("headcount", "人数", ColumnKind.COUNT, width=10), 12),
    ListColumn(Column("amount_fen", "金额", ColumnKind.MONEY, width=18), 26),
    ListColumn(Column("from_month", "开始年月", ColumnKind.MONTH, width=12), 16),
    ListColumn(Column("to_month", "截止年月", ColumnKind.MONTH, width=12), 16),
    ListColumn(Column("suspense_out_fen", "暂存款转出", ColumnKind.MONEY, width=18), 26),
    ListColumn(Column("suspense_in_fen", "暂存款转入", ColumnKind.MONEY, width=18), 26),
    ListColumn(Column("suspense_after_fen", "暂存款余额", ColumnKind.MONEY, width=18), 26),
    ListColumn(Column("balance_fen", "个人账户余额合计", ColumnKind.MONEY, width=18), 28),
    ListColumn(Column("transaction_type", "交易类型", width=12), 16),
)


def ledger_listing(
    connection: Connection, query: pb.LedgerQuery, *, employer_no: str, vault: Vault
) -> Listing:
    """One person's ledger. Raises ACCOUNT_UNKNOWN, DATE_INVALID, DATE_RANGE_REVERSED, READ_MODEL_BEHIND."""
    period = domain.open_period(from_date=query.from_date, to_date=query.to_date)
    order = domain.line_order(query.order, path="ledger.order")
    account_no = query.account_no.strip()
    person = person_of(connection, account_no=account_no, employer_no=employer_no)
    titles = codes.titles_of(connection, domain.SUMMARY)
    totals = books.totals_of_ledger(
        connection, account_no=account_no, employer_no=employer_no, period=period
    )
    found = books.stream_of_ledger(
        connection, account_no=account_no, employer_no=employer_no, period=period, order=order
    )
    return Listing(
        kind=query_print_pb2.QUERY_PRINT_KIND_LEDGER,
        title_zh="单位下个人明细账信息",
        employer=employer_of(connection, employer_no),
        asked=[("个人账号", account_no), ("姓名", person.name), *_asked(period)],
        columns=LEDGER_COLUMNS,
        rows=(_ledger_row(row, titles=titles) for row in found),
        row_count=totals.rows,
        totals=(
            ListTotal("借方合计", totals.debit_fen, "debit_fen"),
            ListTotal("贷方合计", totals.credit_fen, "credit_fen"),
        ),
    )


def statement_listing(
    connection: Connection, query: pb.StatementQuery, *, employer_no: str, vault: Vault
) -> Listing:
    """The employer's contribution details. Raises DATE_RANGE_REQUIRED, DATE_INVALID, DATE_RANGE_REVERSED,
    READ_MODEL_BEHIND."""
    period = domain.closed_period(from_date=query.from_date, to_date=query.to_date)
    order = domain.line_order(query.order, path="statement.order")
    titles = codes.titles_of(connection, domain.SUMMARY)
    totals = books.totals_of_statement(connection, employer_no=employer_no, period=period)
    found = books.stream_of_statement(
        connection, employer_no=employer_no, period=period, order=order
    )
    return Listing(
        kind=query_print_pb2.QUERY_PRINT_KIND_STATEMENT,
        title_zh="单位缴存明细",
        employer=employer_of(connection, employer_no),
        asked=list(_asked(period)),
        columns=STATEMENT_COLUMNS,
        rows=(_statement_row(row, titles=titles) for row in found),
        row_count=totals.rows,
        totals=(
            ListTotal("暂存款转出合计", totals.suspense_out_fen, "suspense_out_fen"),
            ListTotal("暂存款转入合计", totals.suspense_in_fen, "suspense_in_fen"),
        ),
    )


def _ledger_row(row: Row[Any], *, titles: Mapping[str, str]) -> list[CellValue]:
    shown = wire.ledger_message(row, titles.get(row.summary))
    cells: dict[str, CellValue] = {
        "posted_on": shown.posted_on,
        "serial_no": str(shown.serial_no),
        "base_fen": shown.base_fen,
        "summary": shown.summary,
        "debit_fen": shown.debit_fen,
        "credit_fen": shown.credit_fen,
        "balance_fen": shown.balance_fen,
        "transaction_type": _transaction_type_zh(shown.transaction_type),
        "from_month": _month(shown.from_month),
        "to_month": _month(shown.to_month),
        "remark": shown.remark,
    }
    return row_of(LEDGER_COLUMNS, cells)


def _statement_row(row: Row[Any], *, titles: Mapping[str, str]) -> list[CellValue]:
    shown = wire.statement_message(row, titles.get(row.summary))
    cells: dict[str, CellValue] = {
        "posted_on": shown.posted_on,
        "registration_no": shown.registration_no,
        "summary": shown.summary,
        "headcount": shown.headcount,
        "amount_fen": shown.amount_fen,
        "from_month": _month(shown.from_month),
        "to_month": _month(shown.to_month),
        "suspense_out_fen": shown.suspense_out_fen,
        "suspense_in_fen": shown.suspense_in_fen,
        "suspense_after_fen": shown.suspense_after_fen,
        "balance_fen": shown.balance_after_fen,
        "transaction_type": _transaction_type_zh(shown.transaction_type),
    }
    return row_of(STATEMENT_COLUMNS, cells)


def _asked(period: Period) -> list[tuple[str, str]]:
    first = period.first.isoformat() if period.first else "最早"
    last = period.last.isoformat() if period.last else "最近"
    return [("开始日期", first), ("结束日期", last)]


def _month(number: int) -> YearMonth | None:
    return YearMonth.from_int(number) if number else None


def _transaction_type_zh(code: str) -> str:
    return TRANSACTION_TYPE_TITLES_ZH.get(code, code)
