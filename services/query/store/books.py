"""个人明细账 and 单位缴存明细 (manual §4.4, §4.1): lines that only ever come, read newest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, select, tuple_
from sqlalchemy.dialects.postgresql import insert

from services.kit.pages import Page
from services.query.domain import Period
from services.query.models import ledger_line, statement_line
from services.query.store.rows import insert_rows


def add_ledger_lines(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep lines of people's ledgers; one that is there stays as it is."""
    connection.execute(insert_rows(ledger_line, rows).on_conflict_do_nothing())


def add_statement_line(connection: Connection, values: Mapping[str, Any]) -> None:
    """Keep one line of an employer's statement; one that is there stays as it is."""
    connection.execute(insert(statement_line).values(**values).on_conflict_do_nothing())


def page_of_ledger(
    connection: Connection, *, account_no: str, period: Period, page: Page
) -> Sequence[Row[Any]]:
    """One page of a person's ledger, newest line first."""
    line = ledger_line.c
    query = select(ledger_line).where(
        line.account_no == account_no, *_within(line.posted_on, period)
    )
    if page.after is not None:
        query = query.where(tuple_(line.posted_on, line.serial_no) < _place(page))
    ordered = query.order_by(line.posted_on.desc(), line.serial_no.desc())
    return connection.execute(ordered.limit(page.fetch)).all()


def position_of_ledger_line(row: Row[Any]) -> tuple[str, int]:
    return row.posted_on.isoformat(), row.serial_no


def page_of_statement(
    connection: Connection, *, employer_no: str, period: Period, page: Page
) -> Sequence[Row[Any]]:
    """One page of an employer's contribution details, newest line first."""
    line = statement_line.c
    query = select(statement_line).where(
        line.employer_no == employer_no, *_within(line.posted_on, period)
    )
    if page.after is not None:
        query = query.where(tuple_(line.posted_on, line.statement_no) < _place(page))
    ordered = query.order_by(line.posted_on.desc(), line.statement_no.desc())
    return connection.execute(ordered.limit(page.fetch)).all()


def position_of_statement_line(row: Row[Any]) -> tuple[str, int]:
    return row.posted_on.isoformat(), row.statement_no


def _within(day: ColumnElement[date], period: Period) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if period.first is not None:
        conditions.append(day >= period.first)
    if period.last is not None:
        conditions.append(day <= period.last)
    return conditions


def _place(page: Page) -> tuple[date, int]:
    assert page.after is not None
    day, number = page.after
    return date.fromisoformat(str(day)), int(number)
