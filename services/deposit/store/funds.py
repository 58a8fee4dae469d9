"""Employers' and people's money as it stands now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, Row, select, text, update
from sqlalchemy.dialects.postgresql import insert as pg_insert

from services.deposit.models import account_fund, employer_fund


@dataclass(frozen=True, slots=True)
class Employer:
    """The money side of one employer; amounts in fen, months YYYYMM with 0 for none."""

    employer_no: str
    name: str
    branch_name: str
    agent_name: str
    status: str
    suspense_fen: int
    balance_fen: int
    pending_registration_no: str | None
    last_month: int
    last_headcount: int
    last_amount_fen: int


def upsert_employer(
    connection: Connection,
    *,
    employer_no: str,
    name: str,
    branch_name: str,
    agent_name: str,
    status: str,
) -> None:
    """Take over what collection says of an employer; its money stays."""
    values = {"name": name, "branch_name": branch_name, "agent_name": agent_name, "status": status}
    connection.execute(
        pg_insert(employer_fund)
        .values(employer_no=employer_no, **values)
        .on_conflict_do_update(index_elements=[employer_fund.c.employer_no], set_=values)
    )


def load_employer(connection: Connection, employer_no: str) -> Employer | None:
    row = connection.execute(
        select(employer_fund).where(employer_fund.c.employer_no == employer_no)
    ).one_or_none()
    return _employer(row)


def lock_employer(connection: Connection, employer_no: str) -> Employer | None:
    """Load and hold the employer's row until the transaction ends: its money moves one business at a time."""
    row = connection.execute(
        select(employer_fund).where(employer_fund.c.employer_no == employer_no).with_for_update()
    ).one_or_none()
    return _employer(row)


def set_pending(connection: Connection, employer_no: str, *, registration_no: str | None) -> None:
    connection.execute(
        update(employer_fund)
        .where(employer_fund.c.employer_no == employer_no)
        .values(pending_registration_no=registration_no)
    )


def move_money(
    connection: Connection, employer_no: str, *, suspense_fen: int = 0, balance_fen: int = 0
) -> Employer:
    """Add to suspense and to the sum of balances (negative takes away); returns the employer afterwards.

    The store refuses a suspense below zero.
    """
    row = connection.execute(
        update(employer_fund)
        .where(employer_fund.c.employer_no == employer_no)
        .values(
            suspense_fen=employer_fund.c.suspense_fen + suspense_fen,
            balance_fen=employer_fund.c.balance_fen + balance_fen,
        )
        .returning(*employer_fund.c)
    ).one()
    found = _employer(row)
    assert found is not None
    return found


def note_last_remittance(
    connection: Connection, employer_no: str, *, month: int, headcount: int, amount_fen: int
) -> None:
    """Keep what the next receipt says of the last month remitted."""
    connection.execute(
        update(employer_fund)
        .where(employer_fund.c.employer_no == employer_no)
        .values(last_month=month, last_headcount=headcount, last_amount_fen=amount_fen)
    )


def add_accounts(
    connection: Connection, accounts: Iterable[tuple[str, str, int]], *, opened_on: date
) -> None:
    """Open empty accounts `(account_no, employer_no, base_fen)`; those that exist stay as they are."""
    rows = [
        {
            "account_no": account_no,
            "employer_no": employer_no,
            "base_fen": base_fen,
            "product_through": opened_on,
        }
        for account_no, employer_no, base_fen in accounts
    ]
    if rows:
        connection.execute(pg_insert(account_fund).on_conflict_do_nothing(), rows)


def unknown_accounts(connection: Connection, employer_no: str, accounts: list[str]) -> list[str]:
    """Which of `accounts` are not this employer's."""
    rows = connection.execute(
        text(
            "SELECT wanted.account_no FROM unnest(:accounts ::text[]) AS wanted(account_no)"
            " WHERE NOT EXISTS (SELECT 1 FROM account_fund f"
            "  WHERE f.account_no = wanted.account_no AND f.employer_no = :employer_no)"
        ),
        {"accounts": accounts, "employer_no": employer_no},
    )
    return [row.account_no for row in rows]


def _employer(row: Row[tuple[object, ...]] | None) -> Employer | None:
    return None if row is None else Employer(**row._mapping)
