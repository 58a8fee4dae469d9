"""Accounts, their dated terms, and the roster that follows from them: sets, not rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, insert, text

from services.collection.domain.account import Account, Term
from services.collection.domain.codes import ACCOUNT_OPEN
from services.collection.domain.roster import PersonMonth
from services.collection.models import account, account_sequence, account_term
from services.kit.ids import with_check_digit
from services.kit.months import YearMonth
from services.kit.vault import Vault

# 个人账号: this digit, the city's two, nine of a sequence, a check digit.
_FIRST_DIGIT = "2"

#: The purpose under which id numbers are indexed.
ID_NUMBER = "id_number"

#: The index that lets a person have one open account in the city.
OPEN_PERSON = "uq_account_open_person"


@dataclass(frozen=True, slots=True)
class OpenElsewhere:
    """Where a person already has an open account."""

    employer_no: str
    status: str


def next_account_nos(connection: Connection, count: int, *, city_digits: str) -> list[str]:
    rows = connection.execute(
        text(f"SELECT nextval('{account_sequence.name}') AS n FROM generate_series(1, :count)"),
        {"count": count},
    )
    return [with_check_digit(f"{_FIRST_DIGIT}{city_digits}{row.n:09d}") for row in rows]


def open_accounts_of(
    connection: Connection, people: Sequence[tuple[str, str]], *, vault: Vault
) -> dict[tuple[str, str], OpenElsewhere]:
    """`(id_type, id_number)` → the open account that this person has anywhere in the city."""
    by_index = {(kind, vault.index(ID_NUMBER, number)): (kind, number) for kind, number in people}
    rows = connection.execute(
        text(
            "SELECT a.id_type, a.id_number_index, a.employer_no, a.status FROM account a"
            " JOIN unnest(:types ::text[], :indexes ::bytea[]) AS p(id_type, id_number_index)"
            " USING (id_type, id_number_index) WHERE a.status = ANY(:open ::text[])"
        ),
        {
            "types": [kind for kind, _ in by_index],
            "indexes": [index for _, index in by_index],
            "open": list(ACCOUNT_OPEN),
        },
    )
    return {
        by_index[row.id_type, bytes(row.id_number_index)]: OpenElsewhere(
            row.employer_no, row.status
        )
        for row in rows
    }


def add_accounts(
    connection: Connection, accounts: Sequence[Account], *, registration_no: str, vault: Vault
) -> None:
    """Write new accounts with their first terms; the store refuses a second open account of a person."""
    connection.execute(
        insert(account),
        [
            {
                "account_no": each.account_no,
                "employer_no": each.employer_no,
                "name": each.name,
                "id_type": each.id_type,
                "id_number_sealed": vault.seal_text(each.id_number),
                "id_number_index": vault.index(ID_NUMBER, each.id_number),
                "mobile_sealed": vault.seal_text(each.mobile),
                "status": each.status,
                "opened_on": each.opened_on,
            }
            for each in accounts
        ],
    )
    add_terms(
        connection,
        [(each.account_no, each.employer_no, each.term) for each in accounts],
        registration_no=registration_no,
    )


def add_terms(
    connection: Connection, terms: Sequence[tuple[str, str, Term]], *, registration_no: str
) -> None:
    """Write terms `(account_no, employer_no, term)`."""
    connection.execute(
        insert(account_term),
        [
            {
                "account_no": account_no,
                "employer_no": employer_no,
                "from_month": term.from_month.to_int(),
                "active": term.active,
                "base_fen": term.base_fen,
                "employer_rate": term.employer_rate,
                "employee_rate": term.employee_rate,
                "employer_share_fen": term.employer_share_fen,
                "employee_share_fen": term.employee_share_fen,
                "registration_no": registration_no,
            }
            for account_no, employer_no, term in terms
        ],
    )


_ACTIVE_MONTHS = text(
    """
    SELECT account_no, month, base_fen, employer_share_fen, employee_share_fen FROM (
        SELECT DISTINCT ON (t.account_no, m.month) t.account_no, m.month, t.active,
            t.base_fen, t.employer_share_fen, t.employee_share_fen
        FROM account_term t JOIN unnest(:months ::int[]) AS m(month) ON t.from_month <= m.month
        WHERE t.employer_no = :employer_no
        ORDER BY t.account_no, m.month, t.from_month DESC
    ) AS newest WHERE active ORDER BY account_no, month
    """
)


def active_months(
    connection: Connection, employer_no: str, months: Sequence[YearMonth]
) -> Iterator[PersonMonth]:
    """Everybody who is active in each of `months`, by account and month, under the term that counts then."""
    rows = connection.execute(
        _ACTIVE_MONTHS,
        {"employer_no": employer_no, "months": [month.to_int() for month in months]},
    )
    for row in rows:
        yield PersonMonth(
            account_no=row.account_no,
            month=YearMonth.from_int(row.month),
            base_fen=row.base_fen,
            employer_share_fen=row.employer_share_fen,
            employee_share_fen=row.employee_share_fen,
        )
