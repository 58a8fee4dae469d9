"""个人基本信息 (manual §4.3): written from accounts and ledger lines, read by filter in pages or as a stream."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, select, tuple_

from services.kit.pages import Page
from services.query.domain import ACCOUNT_ACTIVE, PeopleFilter
from services.query.models import person
from services.query.store.rows import insert_rows

# Rows that one fetch of a stream brings; what an export holds in memory.
STREAM_ROWS = 2000

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
)


def put_accounts(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write accounts as collection tells of them; balances stay as they are."""
    put = insert_rows(person, _in_order(rows))
    changes = {name: put.excluded[name] for name in _ACCOUNT_COLUMNS}
    connection.execute(
        put.on_conflict_do_update(index_elements=[person.c.account_no], set_=changes)
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
    page: Page,
) -> Sequence[Row[Any]]:
    """One page in the order in which the accounts were opened."""
    query = (
        select(person)
        .where(*_conditions(employer_no, wanted, id_number_index))
        .order_by(person.c.opened_on, person.c.account_no)
        .limit(page.fetch)
    )
    if page.after is not None:
        opened_on, account_no = page.after
        place = (date.fromisoformat(str(opened_on)), account_no)
        query = query.where(tuple_(person.c.opened_on, person.c.account_no) > place)
    return connection.execute(query).all()


def position_of_person(row: Row[Any]) -> tuple[str, str]:
    """Where a page that ends with this row ends."""
    return row.opened_on.isoformat(), row.account_no


def stream_of_people(
    connection: Connection, *, employer_no: str, wanted: PeopleFilter, id_number_index: bytes
) -> Iterator[Row[Any]]:
    """All of them in the same order, in flat memory."""
    result = connection.execution_options(yield_per=STREAM_ROWS).execute(
        select(person)
        .where(*_conditions(employer_no, wanted, id_number_index))
        .order_by(person.c.opened_on, person.c.account_no)
    )
    yield from result


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
