"""个人明细账 and 单位缴存明细 (manual §4.4, §4.1): lines that only ever come, read by day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, select, tuple_
from sqlalchemy.dialects.postgresql import insert

from services.kit.pages import Page
from services.query.domain import Order, Period
from services.query.models import ledger_line, statement_line
from services.query.store.rows import STREAM_ROWS, insert_rows

_Columns = tuple[ColumnElement[Any], ColumnElement[Any]]

# What a page's end is told by; both lists have an index in this order.
_LEDGER_PLACE: _Columns = (ledger_line.c.posted_on, ledger_line.c.serial_no)
_STATEMENT_PLACE: _Columns = (statement_line.c.posted_on, statement_line.c.statement_no)


def add_ledger_lines(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep lines of people's ledgers; one that is there stays as it is."""
    connection.execute(insert_rows(ledger_line, rows).on_conflict_do_nothing())


def add_statement_line(connection: Connection, values: Mapping[str, Any]) -> None:
    """Keep one line of an employer's statement; one that is there stays as it is."""
    connection.execute(insert(statement_line).values(**values).on_conflict_do_nothing())


def page_of_ledger(
    connection: Connection, *, account_no: str, period: Period, order: Order, page: Page
) -> Sequence[Row[Any]]:
    """One page of a person's ledger."""
    query = _ledger(account_no, period)
    return connection.execute(_page(query, _LEDGER_PLACE, order=order, page=page)).all()


def stream_of_ledger(
    connection: Connection, *, account_no: str, period: Period, order: Order
) -> Iterator[Row[Any]]:
    """All lines of a person's ledger, in flat memory."""
    query = _in_order(_ledger(account_no, period), _LEDGER_PLACE, order=order)
    yield from connection.execute(query.execution_options(yield_per=STREAM_ROWS))


def totals_of_ledger(connection: Connection, *, account_no: str, period: Period) -> Row[int, int]:
    """`debit_fen` and `credit_fen` of the lines in the period."""
    lines = _ledger(account_no, period).subquery()
    sums = select(_sum(lines.c.debit_fen), _sum(lines.c.credit_fen))
    return connection.execute(sums).one()


def position_of_ledger_line(row: Row[Any]) -> tuple[str, int]:
    return row.posted_on.isoformat(), row.serial_no


def page_of_statement(
    connection: Connection, *, employer_no: str, period: Period, order: Order, page: Page
) -> Sequence[Row[Any]]:
    """One page of an employer's contribution details."""
    query = _statement(employer_no, period)
    return connection.execute(_page(query, _STATEMENT_PLACE, order=order, page=page)).all()


def stream_of_statement(
    connection: Connection, *, employer_no: str, period: Period, order: Order
) -> Iterator[Row[Any]]:
    """All contribution details of an employer, in flat memory."""
    query = _in_order(_statement(employer_no, period), _STATEMENT_PLACE, order=order)
    yield from connection.execute(query.execution_options(yield_per=STREAM_ROWS))


def totals_of_statement(
    connection: Connection, *, employer_no: str, period: Period
) -> Row[int, int]:
    """`suspense_out_fen` and `suspense_in_fen` of the lines in the period."""
    lines = _statement(employer_no, period).subquery()
    sums = select(_sum(lines.c.suspense_out_fen), _sum(lines.c.suspense_in_fen))
    return connection.execute(sums).one()


def position_of_statement_line(row: Row[Any]) -> tuple[str, int]:
    return row.posted_on.isoformat(), row.statement_no


def _ledger(account_no: str, period: Period) -> Select[Any]:
    line = ledger_line.c
    return select(ledger_line).where(
        line.account_no == account_no, *_within(line.posted_on, period)
    )


def _statement(employer_no: str, period: Period) -> Select[Any]:
    line = statement_line.c
    return select(statement_line).where(
        line.employer_no == employer_no, *_within(line.posted_on, period)
    )


def _sum(column: ColumnElement[int]) -> ColumnElement[int]:
    return func.coalesce(func.sum(column), 0).label(column.key or "")


def _in_order(query: Select[Any], place: _Columns, *, order: Order) -> Select[Any]:
    return query.order_by(*(each.desc() if order.descending else each for each in place))


def _page(query: Select[Any], place: _Columns, *, order: Order, page: Page) -> Select[Any]:
    if page.after is not None:
        day, number = page.after
        end = date.fromisoformat(str(day)), int(number)
        here = tuple_(*place)
        query = query.where(here < end if order.descending else here > end)
    return _in_order(query, place, order=order).limit(page.fetch)


def _within(day: ColumnElement[date], period: Period) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if period.first is not None:
        conditions.append(day >= period.first)
    if period.last is not None:
        conditions.append(day <= period.last)
    return conditions
