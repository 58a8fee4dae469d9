"""What events have told of employers and people, for the documents that must name them.

An older word never replaces a newer one: an account's states have revisions, an employer's the moment of their event.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Connection,
    Row,
    Text,
    bindparam,
    cast,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import Insert, insert

from services.receipt.models import account, employer, heard_version

# DOMAIN codes of an account: 正常 and 封存.
ACTIVE, SEALED = "01", "02"


@dataclass(frozen=True, slots=True)
class Headcounts:
    """People of an employer."""

    active: int
    sealed: int


def put_employer(connection: Connection, values: Mapping[str, Any], *, told_at: datetime) -> None:
    """Write what collection tells; deposit's columns stay as they are."""
    put = insert(employer).values(**values, told_at=told_at)
    connection.execute(
        put.on_conflict_do_update(
            index_elements=[employer.c.employer_no],
            set_={name: put.excluded[name] for name in (*values, "told_at")},
            where=or_(employer.c.told_at.is_(None), employer.c.told_at <= told_at),
        )
    )


def put_balance(
    connection: Connection, employer_no: str, *, balance_fen: int, money_at: datetime
) -> None:
    """Write what deposit tells; collection's columns stay as they are."""
    put = insert(employer).values(
        employer_no=employer_no, balance_fen=balance_fen, money_at=money_at
    )
    connection.execute(
        put.on_conflict_do_update(
            index_elements=[employer.c.employer_no],
            set_={"balance_fen": put.excluded.balance_fen, "money_at": money_at},
            where=or_(employer.c.money_at.is_(None), employer.c.money_at <= money_at),
        )
    )


def put_accounts(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write accounts in the order of their numbers, so that two events never wait for each other in a circle."""
    latest = {row["account_no"]: row for row in rows}
    if not latest:
        return
    put = _insert_accounts([latest[number] for number in sorted(latest)])
    columns = ("employer_no", "status", "name", "id_number_sealed", "revision")
    connection.execute(
        put.on_conflict_do_update(
            index_elements=[account.c.account_no],
            set_={name: put.excluded[name] for name in columns},
            where=account.c.revision < put.excluded.revision,
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
        update(account)
        .where(account.c.account_no == gone.c.account_no, account.c.revision < gone.c.revision)
        .values(employer_no="", revision=gone.c.revision)
    )


def _insert_accounts(rows: Sequence[Mapping[str, Any]]) -> Insert:
    """Columns travel as arrays: 2000 accounts are one round trip and one short statement."""
    names = list(rows[0])
    arrays = [
        cast(bindparam(name, [row[name] for row in rows]), ARRAY(account.c[name].type))
        for name in names
    ]
    source = func.unnest(*arrays).table_valued(*names).render_derived()
    return insert(account).from_select(names, select(*(source.c[name] for name in names)))


def hear(connection: Connection, *, owner: str, employer_no: str, version: int) -> None:
    """Note that an event has come; one that comes late does not take the note back."""
    put = insert(heard_version).values(owner=owner, employer_no=employer_no, version=version)
    connection.execute(
        put.on_conflict_do_update(
            index_elements=[heard_version.c.owner, heard_version.c.employer_no],
            set_={"version": func.greatest(heard_version.c.version, put.excluded.version)},
        )
    )


def versions_heard(connection: Connection, employer_no: str) -> Mapping[str, int]:
    """Owner → version of its last event about the employer that came."""
    rows = connection.execute(
        select(heard_version.c.owner, heard_version.c.version).where(
            heard_version.c.employer_no == employer_no
        )
    )
    return {row.owner: row.version for row in rows}


def load_employer(connection: Connection, employer_no: str) -> Row[Any] | None:
    """An employer that collection has told of."""
    return connection.execute(
        select(employer).where(
            employer.c.employer_no == employer_no, employer.c.told_at.is_not(None)
        )
    ).one_or_none()


def load_people(connection: Connection, account_nos: Sequence[str]) -> Sequence[Row[Any]]:
    """Those of the accounts that are known."""
    return connection.execute(select(account).where(account.c.account_no.in_(account_nos))).all()


def headcounts(connection: Connection, employer_no: str) -> Headcounts:
    row = connection.execute(
        select(
            func.count().filter(account.c.status == ACTIVE).label("active"),
            func.count().filter(account.c.status == SEALED).label("sealed"),
        ).where(account.c.employer_no == employer_no)
    ).one()
    return Headcounts(row.active, row.sealed)
