"""个人明细账 and 单位缴存明细 (manual §4.4, §4.1): lines that only ever come, read by day.

An employer sees of a person's ledger what was posted while the person was its own. Whoever was transferred to it comes
with one line, 转移转入, of the whole balance, so that the running balance fits from there on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Integer,
    Row,
    Select,
    and_,
    bindparam,
    cast,
    func,
    select,
    true,
    tuple_,
)
from sqlalchemy.dialects.postgresql import insert

from services.kit.pages import Page
from services.query.domain import SUMMARY, Order, Period
from services.query.models import code_title, ledger_line, person, statement_line
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
    connection: Connection,
    *,
    account_no: str,
    employer_no: str,
    period: Period,
    order: Order,
    page: Page,
) -> tuple[Row[Any] | None, Sequence[Row[Any]]]:
    """`name` and `registered` of a person of that employer, and one page of the ledger, in one statement.

    None when the employer has no such account.
    """
    statement = _ledger_page(period.given, order, is_continued=page.after is not None)
    asked = {"asked_account_no": account_no, "asked_employer_no": employer_no}
    found = connection.execute(statement, {**asked, **_within(period), **_place(page)}).all()
    if not found:
        return None, ()
    # The person stands beside every line, and alone where there is none.
    return found[0], found if found[0].serial_no else ()


def stream_of_ledger(
    connection: Connection, *, account_no: str, employer_no: str, period: Period, order: Order
) -> Iterator[Row[Any]]:
    """All lines of a person's ledger with that employer, in flat memory."""
    query = _ledger(period.given).order_by(*_directed(_LEDGER_PLACE, order))
    mine = {"asked_account_no": account_no, "asked_employer_no": employer_no}
    asked = {**mine, **_within(period)}
    yield from connection.execute(query.execution_options(yield_per=STREAM_ROWS), asked)


def totals_of_ledger(
    connection: Connection, *, account_no: str, employer_no: str, period: Period
) -> Row[int, int, int]:
    """`debit_fen` and `credit_fen` of the lines in the period, and how many `rows` they are."""
    lines = _ledger(period.given).subquery()
    sums = select(_sum(lines.c.debit_fen), _sum(lines.c.credit_fen), func.count().label("rows"))
    mine = {"asked_account_no": account_no, "asked_employer_no": employer_no}
    return connection.execute(sums, {**mine, **_within(period)}).one()


def position_of_ledger_line(row: Row[Any]) -> tuple[str, int]:
    return row.posted_on.isoformat(), row.serial_no


def page_of_statement(
    connection: Connection, *, employer_no: str, period: Period, order: Order, page: Page
) -> Sequence[Row[Any]]:
    """One page of an employer's contribution details."""
    statement = _statement_page(period.given, order, is_continued=page.after is not None)
    asked = {"asked_employer_no": employer_no, **_within(period), **_place(page)}
    return connection.execute(statement, asked).all()


def stream_of_statement(
    connection: Connection, *, employer_no: str, period: Period, order: Order
) -> Iterator[Row[Any]]:
    """All contribution details of an employer, in flat memory."""
    query = _statement(period.given).order_by(*_directed(_STATEMENT_PLACE, order))
    asked = {"asked_employer_no": employer_no, **_within(period)}
    yield from connection.execute(query.execution_options(yield_per=STREAM_ROWS), asked)


def totals_of_statement(
    connection: Connection, *, employer_no: str, period: Period
) -> Row[int, int, int]:
    """`suspense_out_fen` and `suspense_in_fen` of the lines in the period, and how many `rows` they are."""
    lines = _statement(period.given).subquery()
    sums = select(
        _sum(lines.c.suspense_out_fen),
        _sum(lines.c.suspense_in_fen),
        func.count().label("rows"),
    )
    return connection.execute(sums, {"asked_employer_no": employer_no, **_within(period)}).one()


def position_of_statement_line(row: Row[Any]) -> tuple[str, int]:
    return row.posted_on.isoformat(), row.statement_no


# Statements are built once for each combination of given dates, order and whether a page continues another; their
# values are given by name when they are sent.


@cache
def _ledger_page(given: frozenset[str], order: Order, *, is_continued: bool) -> Select[Any]:
    lines = _page(_ledger(given), _LEDGER_PLACE, order, is_continued=is_continued).subquery()
    mine = and_(
        person.c.account_no == bindparam("asked_account_no"),
        person.c.employer_no == bindparam("asked_employer_no"),
    )
    return (
        select(person.c.name, person.c.registered, lines, code_title.c.title_zh)
        .select_from(person.outerjoin(lines, true()).outerjoin(code_title, _titled(lines.c)))
        .where(mine)
        .order_by(*_directed((lines.c.posted_on, lines.c.serial_no), order))
    )


@cache
def _statement_page(given: frozenset[str], order: Order, *, is_continued: bool) -> Select[Any]:
    lines = _page(_statement(given), _STATEMENT_PLACE, order, is_continued=is_continued).subquery()
    return (
        select(lines, code_title.c.title_zh)
        .select_from(lines.outerjoin(code_title, _titled(lines.c)))
        .order_by(*_directed((lines.c.posted_on, lines.c.statement_no), order))
    )


def _titled(lines: Any) -> ColumnElement[bool]:
    return and_(code_title.c.list == SUMMARY, code_title.c.code == lines.summary)


@cache
def _ledger(given: frozenset[str]) -> Select[Any]:
    line = ledger_line.c
    mine = and_(
        line.account_no == bindparam("asked_account_no"),
        line.employer_no == bindparam("asked_employer_no"),
    )
    return select(ledger_line).where(mine, *_dated(line.posted_on, given))


@cache
def _statement(given: frozenset[str]) -> Select[Any]:
    line = statement_line.c
    mine = line.employer_no == bindparam("asked_employer_no")
    return select(statement_line).where(mine, *_dated(line.posted_on, given))


def _sum(column: ColumnElement[int]) -> ColumnElement[int]:
    return cast(func.coalesce(func.sum(column), 0), BigInteger).label(column.key or "")


def _page(query: Select[Any], place: _Columns, order: Order, *, is_continued: bool) -> Select[Any]:
    if is_continued:
        names = ("after_day", "after_number")
        end = tuple_(*(bindparam(n, type_=c.type) for n, c in zip(names, place, strict=True)))
        here = tuple_(*place)
        query = query.where(here < end if order.descending else here > end)
    return query.order_by(*_directed(place, order)).limit(bindparam("fetch", type_=Integer))


def _place(page: Page) -> dict[str, Any]:
    """The values that tell where a page begins and how much of it is read."""
    if page.after is None:
        return {"fetch": page.fetch}
    day, number = page.after
    after_day = date.fromisoformat(str(day))
    return {"fetch": page.fetch, "after_day": after_day, "after_number": int(number)}


def _directed(place: _Columns, order: Order) -> list[ColumnElement[Any]]:
    return [column.desc() if order.descending else column for column in place]


def _dated(day: ColumnElement[date], given: frozenset[str]) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if "first" in given:
        conditions.append(day >= bindparam("first_day"))
    if "last" in given:
        conditions.append(day <= bindparam("last_day"))
    return conditions


def _within(period: Period) -> dict[str, Any]:
    """The values of `_dated`; a side that is open is not looked at."""
    return {"first_day": period.first, "last_day": period.last}
