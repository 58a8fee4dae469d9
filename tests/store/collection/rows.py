"""Employers and people as rows, with nothing in them that a test of their terms or balances asks for."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Connection, insert

from services.collection.models import account, employer

_DAY = date(2019, 7, 1)


def add_employer(connection: Connection, employer_no: str) -> None:
    facts = {
        column.name: b"" if column.name.endswith("_sealed") else ""
        for column in employer.columns
        if not column.nullable
    }
    facts |= {"uscc": employer_no, "employer_no": employer_no}
    connection.execute(
        insert(employer),
        {**facts, "pay_day": 1, "opened_on": _DAY, "first_month": 201907, "paid_through_month": 0},
    )


def add_account(connection: Connection, account_no: str, employer_no: str) -> None:
    connection.execute(
        insert(account),
        {
            "account_no": account_no,
            "employer_no": employer_no,
            "name": account_no,
            "id_type": "01",
            "id_number_sealed": b"",
            "id_number_index": account_no.encode(),
            "mobile_sealed": b"",
            "status": "01",
            "opened_on": _DAY,
        },
    )
