"""个人基本信息 (manual §4.3): written from accounts and ledger lines, read by filter in pages or as a stream."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
    Date,
    Row,
    Select,
    Text,
    bindparam,
    cast,
    func,
    select,
    tuple_,
    update,
)

from services.kit.pages import Page
from services.query.domain import ACCOUNT_ACTIVE, Order, PeopleFilter
from services.query.models import person
from services.query.store.rows import STREAM_ROWS, insert_rows

#: Where an account is that has left one employer, until the other's event is here.
NO_EMPLOYER = ""

# What collection says of an account; the money columns are deposit's.
_ACCOUNT_COLUMNS = (
    "employer_no",
    "registered",
    "name",
    "id_type",
    "id_number_sealed",
    "id_number_index",
    "mobile_sealed",
    "status",
    "base_fen",
    "employer_rate",
    "employee_rate",
    "employer_share_fen",
    "employee_share_fen",
    "opened_on",
    "effective_month",
    "revision",
)


def put_accounts(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write accounts as collection tells of them; balances stay as they are.

    An older state than the one already there changes nothing: two employers' events may come in any order.
    """
    put = insert_rows(person, _in_order(rows))
    changes = {name: put.excluded[name] for name in _ACCOUNT_COLUMNS}
    connection.execute(
        put.on_conflict_do_update(
            index_elements=[person.c.account_no],
            set_=changes,
            where=person.c.revision < put.excluded.revision,
        )
    )


def put_departures(connection: Connection, departures: Mapping[str, int]) -> None:
    """These accounts left their employer with these revisions; who has joined another since then stays there."""
    numbers = sorted(departures)
    gone = (
        func.unnest(
            cast(bindparam("accounts", numbers), ARRAY(Text)),
            cast(bindparam("revisions", [departures[each] for each in numbers]), ARRAY(BigInteger)),
        )
        .table_valued("account_no", "revision")
        .render_derived()
    )
    connection.execute(
        update(person)
        .where(person.c.account_no == gone.c.account_no, person.c.revision < gone.c.revision)
        .values(employer_no=NO_EMPLOYER, revision=gone.c.revision)
    )


def put_balances(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write `balance_fen` and `paid_through_month` of accounts from their newest ledger lines.

    A line older than the one already there changes nothing; an account not yet told of is kept for later.
    """
    put = insert_rows(person, _in_order(rows))
    columns = ("balance_fen", "paid_through_month", "last_serial_no")
    connection.execute(
        put.on_conflict_do_update(
            index_elements=[person.c.account_no],
            set_={name: put.excluded[name] for name in columns},
            where=person.c.last_serial_no < put.excluded.last_serial_no,
        )
    )


def _in_order(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Each account once, the last word on it, by account: two events never wait for each other in a circle."""
    latest = {str(row["account_no"]): row for row in rows}
    return [latest[account_no] for account_no in sorted(latest)]


def load_person(connection: Connection, *, account_no: str, employer_no: str) -> Row[Any] | None:
    """A person of that employer, None when the employer has no such account."""
    return connection.execute(
        select(person).where(person.c.account_no == account_no, person.c.employer_no == employer_no)
    ).one_or_none()


def page_of_people(
    connection: Connection,
    *,
    employer_no: str,
    wanted: PeopleFilter,
    id_number_index: bytes,
    order: Order,
    page: Page,
) -> Sequence[Row[Any]]:
    """One page. By a column that changes (a balance), whoever moves past the page's end meanwhile is missed."""
    query = _ordered(order).where(*_conditions(employer_no, wanted, id_number_index))
    if page.after is not None:
        here, end = _place_columns(order), _place(page, order)
        query = query.where(tuple_(*here) < end if order.descending else tuple_(*here) > end)
    return connection.execute(query.limit(page.fetch)).all()


def position_of_person(order: Order) -> Callable[[Row[Any]], tuple[str | int, str]]:
    """Where a page that ends with a row ends."""

    def position(row: Row[Any]) -> tuple[str | int, str]:
        value = row._mapping[order.column]
        return value.isoformat() if isinstance(value, date) else value, row.account_no

    return position


def stream_of_people(
    connection: Connection,
    *,
    employer_no: str,
    wanted: PeopleFilter,
    id_number_index: bytes,
    order: Order,
) -> Iterator[Row[Any]]:
    """All of them in the same order, in flat memory."""
    query = _ordered(order).where(*_conditions(employer_no, wanted, id_number_index))
    yield from connection.execute(query.execution_options(yield_per=STREAM_ROWS))


def _ordered(order: Order) -> Select[Any]:
    columns = _place_columns(order)
    if order.descending:
        columns = tuple(column.desc() for column in columns)
    return select(person).order_by(*columns)


def _place_columns(order: Order) -> tuple[ColumnElement[Any], ...]:
    return person.c[order.column], person.c.account_no


def _place(page: Page, order: Order) -> tuple[Any, ...]:
    assert page.after is not None
    value, account_no = page.after
    is_day = isinstance(person.c[order.column].type, Date)
    return date.fromisoformat(str(value)) if is_day else value, account_no


def totals_of_people(
    connection: Connection, *, employer_no: str, wanted: PeopleFilter, id_number_index: bytes
) -> Row[Any]:
    """`headcount`, `balance_fen`, and `monthly_fen` of the active ones, of all that the filter lets through."""
    monthly = func.sum(person.c.employer_share_fen + person.c.employee_share_fen)
    return connection.execute(
        select(
            func.count().label("headcount"),
            func.coalesce(func.sum(person.c.balance_fen), 0).label("balance_fen"),
            func.coalesce(monthly.filter(person.c.status == ACCOUNT_ACTIVE), 0).label(
                "monthly_fen"
            ),
        ).where(*_conditions(employer_no, wanted, id_number_index))
    ).one()


def _conditions(
    employer_no: str, wanted: PeopleFilter, id_number_index: bytes
) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [
        person.c.employer_no == employer_no,
        person.c.registered.is_(True),
    ]
    if wanted.id_type:
        conditions.append(person.c.id_type == wanted.id_type)
    if wanted.id_number:
        conditions.append(person.c.id_number_index == id_number_index)
    if wanted.account_no:
        conditions.append(person.c.account_no == wanted.account_no)
    if wanted.status:
        conditions.append(person.c.status == wanted.status)
    return conditions
