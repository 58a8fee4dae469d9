"""Copies of deposit's balances, for people to see; never a ground for a decision."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, text


class Balances(NamedTuple):
    """Copies of deposit's balances, each with the serial number of the ledger line after which it stood: a list for
    each column, with a place for each account."""

    accounts: list[str]
    serials: list[int]
    balances: list[int]


# The employer's accounts are read at once; one by one, ten thousand of them take half as long again to find.
_COPY_BALANCES = """
    UPDATE account a SET balance_fen = n.balance_fen, balance_serial_no = n.serial_no
    FROM unnest(:accounts ::text[], :serials ::bigint[], :balances ::bigint[])
        AS n(account_no, serial_no, balance_fen)
    WHERE a.account_no = n.account_no AND a.balance_serial_no < n.serial_no
"""
_COPY_BALANCES_IN_EMPLOYER = text(_COPY_BALANCES + " AND a.employer_no = :employer_no")
_COPY_BALANCES_ANYWHERE = text(_COPY_BALANCES)


def copy_balances(connection: Connection, newest: Balances, *, employer_no: str) -> None:
    """Keep these balances for people to see, unless newer ones are kept; nearly all of the accounts are in this
    employer, the others are on their way to or from it."""
    columns = newest._asdict()
    kept = connection.execute(
        _COPY_BALANCES_IN_EMPLOYER, {**columns, "employer_no": employer_no}
    ).rowcount
    if kept < len(newest.accounts):
        connection.execute(_COPY_BALANCES_ANYWHERE, columns)
