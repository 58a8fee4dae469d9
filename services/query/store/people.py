"""个人基本信息 (manual §4.3): written from accounts and ledger lines, read by filter in pages or as a stream."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
    Date,
    Integer,
    Row,
    Select,
    Text,
    bindparam,
    cast,
    func,
    select,
    true,
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

# What the screen shows of a person, what its place in any order is told by among it.
_SHOWN = (
    "opened_on",
    "account_no",
    "name",
    "id_type",
    "id_number_sealed",
    "mobile_sealed",
    "status",
    "balance_fen",
    "paid_through_month",
    "base_fen",
    "employer_rate",
    "employee_rate",
    "employer_share_fen",
    "employee_share_fen",
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
) -> tuple[Sequence[Row[Any]], Row[Any]]:
    """One page, and the totals of all that the filter lets through, in one statement.

    By a column that changes (a balance), whoever moves past the page's end meanwhile is missed.
    """
    statement = _page(wanted.given, order, is_continued=page.after is not None)
    asked = _asked(employer_no, wanted, id_number_index)
    found = connection.execute(statement, {**asked, **_place(page, order)}).all()
    # The totals stand beside every row, and alone where there is nobody to show.
    return found if found[0].account_no else (), found[0]


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
    query = _people(wanted.given).order_by(*_directed(person.c, order))
    asked = _asked(employer_no, wanted, id_number_index)
    yield from connection.execute(query.execution_options(yield_per=STREAM_ROWS), asked)


def totals_of_people(
    connection: Connection, *, employer_no: str, wanted: PeopleFilter, id_number_index: bytes
) -> Row[int, int, int]:
    """`headcount`, `total_fen` of balances, and `monthly_fen` of the active ones, of all that the filter lets through."""
    asked = _asked(employer_no, wanted, id_number_index)
    return connection.execute(_totals(wanted.given), asked).one()


# Statements are built once for each combination of filter, order and whether a page continues another; their values
# are given by name when they are sent.


@cache
def _page(given: frozenset[str], order: Order, *, is_continued: bool) -> Select[Any]:
    people = _people(given)
    if is_continued:
        value, account_no = person.c[order.column], person.c.account_no
        end = tuple_(
            bindparam("after_value", type_=value.type),
            bindparam("after_account_no", type_=account_no.type),
        )
        here = tuple_(value, account_no)
        people = people.where(here < end if order.descending else here > end)
    people = people.order_by(*_directed(person.c, order))
    shown = people.limit(bindparam("fetch", type_=Integer)).subquery("shown")
    totals = _totals(given).subquery("totals")
    return (
        select(shown, totals)
        .select_from(totals.outerjoin(shown, true()))
        .order_by(*_directed(shown.c, order))
    )


@cache
def _people(given: frozenset[str]) -> Select[Any]:
    return select(*(person.c[name] for name in _SHOWN)).where(*_conditions(given))


@cache
def _totals(given: frozenset[str]) -> Select[int, int, int]:
    monthly = func.sum(person.c.employer_share_fen + person.c.employee_share_fen)
    active = monthly.filter(person.c.status == ACCOUNT_ACTIVE)
    return select(
        func.count().label("headcount"),
        # A sum of fen is numeric in PostgreSQL; a city's fits into a fen column many times over.
        cast(func.coalesce(func.sum(person.c.balance_fen), 0), BigInteger).label("total_fen"),
        cast(func.coalesce(active, 0), BigInteger).label("monthly_fen"),
    ).where(*_conditions(given))


def _conditions(given: frozenset[str]) -> list[ColumnElement[bool]]:
    asked = {
        "id_type": person.c.id_type,
        "id_number": person.c.id_number_index,
        "account_no": person.c.account_no,
        "status": person.c.status,
    }
    return [
        person.c.employer_no == bindparam("asked_employer_no"),
        person.c.registered.is_(True),
        *(column == bindparam(f"asked_{name}") for name, column in asked.items() if name in given),
    ]


def _asked(employer_no: str, wanted: PeopleFilter, id_number_index: bytes) -> dict[str, Any]:
    """The values of `_conditions`; those that are not given are not looked at."""
    return {
        "asked_employer_no": employer_no,
        "asked_id_type": wanted.id_type,
        "asked_id_number": id_number_index,
        "asked_account_no": wanted.account_no,
        "asked_status": wanted.status,
    }


def _place(page: Page, order: Order) -> dict[str, Any]:
    """The values that tell where a page begins and how much of it is read."""
    if page.after is None:
        return {"fetch": page.fetch}
    value, account_no = page.after
    is_day = isinstance(person.c[order.column].type, Date)
    return {
        "fetch": page.fetch,
        "after_value": date.fromisoformat(str(value)) if is_day else value,
        "after_account_no": account_no,
    }


def _directed(columns: Any, order: Order) -> list[ColumnElement[Any]]:
    place = (columns[order.column], columns.account_no)
    return [column.desc() if order.descending else column for column in place]
