"""People's accounts as they stand now: the money, and who they are as collection says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date

from sqlalchemy import Connection, select, text
from sqlalchemy.dialects.postgresql import insert as pg_insert

from services.deposit.models import account_fund, account_holder


@dataclass(frozen=True, slots=True)
class Holder:
    """Who an account is of, with the base of its contributions in fen."""

    account_no: str
    employer_no: str
    name: str
    id_type: str
    id_number_sealed: bytes
    status: str
    base_fen: int
    opened_on: date
    revision: int


@dataclass(frozen=True, slots=True)
class Account:
    """A person's money, in fen, and the last month paid (YYYYMM, 0 for none)."""

    account_no: str
    balance_fen: int
    paid_through_month: int


def put_holders(connection: Connection, holders: Sequence[Holder]) -> None:
    """Take over people as collection says they are; an account that is new here is opened empty.

    The employer of a known account stays: it moves with the money of a transfer. An older state than the one known
    changes nothing: the events of two employers may come in any order.
    """
    if not holders:
        return
    newer = _put_people(connection, holders)
    told = [each for each in holders if each.account_no in newer]
    if told:
        _put_bases(connection, told)


def _put_people(connection: Connection, holders: Sequence[Holder]) -> set[str]:
    """Write who they are; the accounts of which nothing newer was known."""
    kept = {column.name for column in account_holder.c}
    put = pg_insert(account_holder)
    written = connection.execute(
        put.on_conflict_do_update(
            index_elements=[account_holder.c.account_no],
            set_={name: put.excluded[name] for name in kept - {"account_no"}},
            where=account_holder.c.revision < put.excluded.revision,
        ).returning(account_holder.c.account_no),
        [{k: v for k, v in asdict(each).items() if k in kept} for each in holders],
    )
    return set(written.scalars())


def _put_bases(connection: Connection, holders: Sequence[Holder]) -> None:
    put = pg_insert(account_fund)
    connection.execute(
        put.on_conflict_do_update(
            index_elements=[account_fund.c.account_no],
            set_={"base_fen": put.excluded.base_fen},
            where=account_fund.c.base_fen != put.excluded.base_fen,
        ),
        [
            {
                "account_no": each.account_no,
                "employer_no": each.employer_no,
                "base_fen": each.base_fen,
                "product_from": each.opened_on,
                "product_through": each.opened_on,
            }
            for each in holders
        ],
    )


def holders_of(
    connection: Connection, employer_no: str, account_nos: Sequence[str]
) -> dict[str, Holder]:
    """The holders of those `account_nos` that are this employer's, by account number."""
    rows = connection.execute(
        _holders().where(
            account_fund.c.employer_no == employer_no,
            account_fund.c.account_no.in_(list(account_nos)),
        )
    )
    return {row.account_no: Holder(**row._mapping) for row in rows}


def people_of(connection: Connection, employer_no: str, *, status: str, limit: int) -> list[Holder]:
    """The employer's people of one status in the order of their account numbers, at most `limit`."""
    rows = connection.execute(
        _holders()
        .where(account_fund.c.employer_no == employer_no, account_holder.c.status == status)
        .order_by(account_fund.c.account_no)
        .limit(limit)
    )
    return [Holder(**row._mapping) for row in rows]


def lock_accounts(
    connection: Connection, employer_no: str, account_nos: Sequence[str]
) -> list[Account]:
    """Hold those of `account_nos` that are this employer's, in the order of their numbers."""
    rows = connection.execute(
        text(
            "SELECT account_no, balance_fen, paid_through_month FROM account_fund"
            " WHERE employer_no = :employer_no AND account_no = ANY(:accounts ::text[])"
            " ORDER BY account_no FOR UPDATE"
        ),
        {"employer_no": employer_no, "accounts": list(account_nos)},
    )
    return [Account(*row) for row in rows]


def _holders():  # type: ignore[no-untyped-def]  # a SELECT whose columns are those of Holder; SQLAlchemy infers it
    holder, fund = account_holder.c, account_fund.c
    return select(
        fund.account_no,
        fund.employer_no,
        holder.name,
        holder.id_type,
        holder.id_number_sealed,
        holder.status,
        fund.base_fen,
        holder.opened_on,
        holder.revision,
    ).join(account_holder, holder.account_no == fund.account_no)
