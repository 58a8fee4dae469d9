"""Copies of deposit's balances, for people to see; never a ground for a decision."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, TextClause, text


class Balances(NamedTuple):
    """Copies of deposit's balances, each with the serial number of the ledger line after which it stood: a list for
    each column, with a place for each account."""

    accounts: list[str]
    serials: list[int]
    balances: list[int]


def _copying(newest: str, where: str = "") -> TextClause:
    """An UPDATE from the columns, which the SELECT `newest` reads as the table `given`."""
    return text(
        f"""
    WITH given AS NOT MATERIALIZED (
        SELECT * FROM unnest(:accounts ::text[], :serials ::bigint[], :balances ::bigint[])
            AS n(account_no, serial_no, balance_fen)
    )
    UPDATE account a SET balance_fen = n.balance_fen, balance_serial_no = n.serial_no
    FROM ({newest}) n
    WHERE a.account_no = n.account_no AND a.balance_serial_no < n.serial_no {where}
    """  # noqa: S608  # joined from constants of this module
    )


# The employer's accounts are read at once; one by one, ten thousand of them take half as long again to find.
_COPY_IN_EMPLOYER = _copying("SELECT * FROM given", "AND a.employer_no = :employer_no")
# Few as the planner sees them, so that each is looked up by its number: joined plainly, some thousand accounts had those
# of the whole city read.
_COPY_ANYWHERE = _copying("SELECT DISTINCT ON (account_no) * FROM given")


def copy_balances(connection: Connection, newest: Balances, *, employer_no: str) -> None:
    """Keep these balances for people to see, unless newer ones are kept; nearly all of the accounts are in this
    employer, the others are on their way to or from it."""
    columns = newest._asdict()
    kept = connection.execute(_COPY_IN_EMPLOYER, {**columns, "employer_no": employer_no}).rowcount
    if kept < len(newest.accounts):
        connection.execute(_COPY_ANYWHERE, columns)
