"""Accounts, their dated terms, and the roster that follows from them: sets, not rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, text, update

from services.collection.domain.account import Account, Term
from services.collection.domain.codes import ACCOUNT_ACTIVE, ACCOUNT_OPEN, ACCOUNT_SEALED
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
    numbers = connection.execute(
        select(account_sequence.next_value()).select_from(func.generate_series(1, count))
    ).scalars()
    return [with_check_digit(f"{_FIRST_DIGIT}{city_digits}{number:09d}") for number in numbers]


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
    connection: Connection,
    accounts: Sequence[Account],
    *,
    registration_no: str,
    month: YearMonth,
    vault: Vault,
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
    terms = [(each.account_no, each.employer_no, each.term) for each in accounts]
    put_terms(connection, terms, registration_no=registration_no, month=month)


# The shown flag follows from the month; a term of the same month gives way to the newer business.
_PUT_TERMS = text(
    """
    INSERT INTO account_term (account_no, employer_no, from_month, active, base_fen, employer_rate,
        employee_rate, employer_share_fen, employee_share_fen, registration_no, shown)
    SELECT t.account_no, t.employer_no, t.from_month, t.active, t.base_fen, t.employer_rate,
        t.employee_rate, t.employer_share_fen, t.employee_share_fen, :registration_no,
        t.from_month <= :month
    FROM unnest(:accounts ::text[], :employers ::text[], :months ::int[], :actives ::bool[],
        :bases ::bigint[], :employer_rates ::int[], :employee_rates ::int[],
        :employer_shares ::bigint[], :employee_shares ::bigint[])
        AS t(account_no, employer_no, from_month, active, base_fen, employer_rate, employee_rate,
             employer_share_fen, employee_share_fen)
    ON CONFLICT (account_no, employer_no, from_month) DO UPDATE SET
        active = excluded.active, base_fen = excluded.base_fen,
        employer_rate = excluded.employer_rate, employee_rate = excluded.employee_rate,
        employer_share_fen = excluded.employer_share_fen,
        employee_share_fen = excluded.employee_share_fen,
        registration_no = excluded.registration_no, shown = excluded.shown
    """
)


def put_terms(
    connection: Connection,
    terms: Sequence[tuple[str, str, Term]],
    *,
    registration_no: str,
    month: YearMonth,
) -> None:
    """Write terms `(account_no, employer_no, term)`; those that have begun by `month` count as shown."""
    connection.execute(
        _PUT_TERMS,
        {
            "registration_no": registration_no,
            "month": month.to_int(),
            "accounts": [account_no for account_no, _, _ in terms],
            "employers": [employer_no for _, employer_no, _ in terms],
            "months": [term.from_month.to_int() for _, _, term in terms],
            "actives": [term.active for _, _, term in terms],
            "bases": [term.base_fen for _, _, term in terms],
            "employer_rates": [term.employer_rate for _, _, term in terms],
            "employee_rates": [term.employee_rate for _, _, term in terms],
            "employer_shares": [term.employer_share_fen for _, _, term in terms],
            "employee_shares": [term.employee_share_fen for _, _, term in terms],
        },
    )


# Today's term is the newest that has begun; before the first has begun it is the first.
_ACCOUNTS = """
    SELECT a.account_no, a.employer_no, a.name, a.id_type, a.id_number_sealed, a.mobile_sealed,
        a.status, a.opened_on, a.balance_fen, a.revision,
        s.from_month, s.active, s.base_fen, s.employer_rate, s.employee_rate,
        s.employer_share_fen, s.employee_share_fen,
        l.from_month AS last_from_month, l.active AS last_active, l.base_fen AS last_base_fen,
        l.employer_rate AS last_employer_rate, l.employee_rate AS last_employee_rate,
        l.employer_share_fen AS last_employer_share_fen,
        l.employee_share_fen AS last_employee_share_fen
    FROM account a
    JOIN LATERAL (
        SELECT * FROM account_term t
        WHERE t.account_no = a.account_no AND t.employer_no = a.employer_no
        ORDER BY (t.from_month <= :month) DESC,
            CASE WHEN t.from_month <= :month THEN t.from_month ELSE -t.from_month END DESC LIMIT 1
    ) s ON true
    JOIN LATERAL (
        SELECT * FROM account_term t
        WHERE t.account_no = a.account_no AND t.employer_no = a.employer_no
        ORDER BY t.from_month DESC LIMIT 1
    ) l ON true
    WHERE a.employer_no = :employer_no AND a.status = ANY(:open ::text[])
"""


def accounts_in(
    connection: Connection,
    employer_no: str,
    *,
    month: YearMonth,
    vault: Vault,
    only: Sequence[str] | None = None,
) -> dict[str, Account]:
    """The employer's open accounts by number, as they stand in `month`; `only` those asked for."""
    narrowed = "" if only is None else " AND a.account_no = ANY(:only ::text[])"
    rows = connection.execute(
        text(_ACCOUNTS + narrowed + " ORDER BY a.account_no"),
        {
            "employer_no": employer_no,
            "month": month.to_int(),
            "open": list(ACCOUNT_OPEN),
            **({} if only is None else {"only": list(only)}),
        },
    )
    return {row.account_no: _account(row, vault) for row in rows}


def _account(row: Row[Any], vault: Vault) -> Account:
    return Account(
        account_no=row.account_no,
        employer_no=row.employer_no,
        name=row.name,
        id_type=row.id_type,
        id_number=vault.open_text(bytes(row.id_number_sealed)),
        mobile=vault.open_text(bytes(row.mobile_sealed)),
        status=row.status,
        opened_on=row.opened_on,
        term=_term(row, prefix=""),
        last_term=_term(row, prefix="last_"),
        balance_fen=row.balance_fen,
        revision=row.revision,
    )


def _term(row: Row[Any], *, prefix: str) -> Term:
    fields = {name: row._mapping[prefix + name] for name in Term.__dataclass_fields__}
    return Term(**{**fields, "from_month": YearMonth.from_int(fields["from_month"])})


# Frozen stays frozen; otherwise the status says whether today's term is active.
_SET_STATUS = text(
    """
    UPDATE account a SET status = CASE WHEN s.active THEN :active ELSE :sealed END
    FROM (
        SELECT DISTINCT ON (t.account_no) t.account_no, t.active
        FROM account_term t JOIN account b USING (account_no, employer_no)
        WHERE t.account_no = ANY(:accounts ::text[])
        ORDER BY t.account_no, (t.from_month <= :month) DESC,
            CASE WHEN t.from_month <= :month THEN t.from_month ELSE -t.from_month END DESC
    ) s
    WHERE a.account_no = s.account_no AND a.status IN (:active, :sealed)
    """
)


def set_status_by_terms(
    connection: Connection, account_nos: Sequence[str], *, month: YearMonth
) -> None:
    """Let the status of these accounts say what their terms say in `month`."""
    connection.execute(
        _SET_STATUS,
        {
            "accounts": list(account_nos),
            "month": month.to_int(),
            "active": ACCOUNT_ACTIVE,
            "sealed": ACCOUNT_SEALED,
        },
    )


def show_begun_terms(
    connection: Connection, month: YearMonth, *, limit: int
) -> dict[str, list[str]]:
    """Employer → accounts whose terms have come into force by `month` and were not shown yet; they are now."""
    rows = connection.execute(
        text(
            "WITH ahead AS (SELECT account_no, employer_no, from_month FROM account_term"
            " WHERE NOT shown AND from_month <= :month LIMIT :limit FOR UPDATE SKIP LOCKED)"
            " UPDATE account_term t SET shown = true FROM ahead a WHERE t.account_no = a.account_no"
            " AND t.employer_no = a.employer_no AND t.from_month = a.from_month"
            " RETURNING t.employer_no, t.account_no"
        ),
        {"month": month.to_int(), "limit": limit},
    )
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row.employer_no, []).append(row.account_no)
    return found


def terms_of(
    connection: Connection, employer_no: str, *, only: Sequence[str] | None = None
) -> dict[str, list[Term]]:
    """The open accounts' terms in this employer, by month; `only` those asked for."""
    query = (
        select(account_term)
        .join(
            account,
            (account.c.account_no == account_term.c.account_no)
            & (account.c.employer_no == account_term.c.employer_no),
        )
        .where(account_term.c.employer_no == employer_no, account.c.status.in_(ACCOUNT_OPEN))
        .order_by(account_term.c.account_no, account_term.c.from_month)
    )
    if only is not None:
        query = query.where(account_term.c.account_no == func.any(list(only)))
    rows = connection.execute(query)
    found: dict[str, list[Term]] = {}
    for row in rows:
        found.setdefault(row.account_no, []).append(_term(row, prefix=""))
    return found


def drop_terms_from(
    connection: Connection, employer_no: str, accounts: Sequence[tuple[str, YearMonth]]
) -> None:
    """Forget terms in this employer that begin in the account's month or later: others take their place."""
    connection.execute(
        text(
            "DELETE FROM account_term t USING unnest(:accounts ::text[], :months ::int[])"
            " AS d(account_no, month) WHERE t.employer_no = :employer_no"
            " AND t.account_no = d.account_no AND t.from_month >= d.month"
        ),
        {
            "employer_no": employer_no,
            "accounts": [account_no for account_no, _ in accounts],
            "months": [month.to_int() for _, month in accounts],
        },
    )


def move_accounts(connection: Connection, account_nos: Sequence[str], *, to: str) -> None:
    """These accounts belong to employer `to` from now on."""
    connection.execute(
        update(account).where(account.c.account_no.in_(account_nos)).values(employer_no=to)
    )


def count_open(connection: Connection, employer_no: str) -> int:
    """How many open accounts the employer has."""
    return int(
        connection.execute(
            select(func.count())
            .select_from(account)
            .where(account.c.employer_no == employer_no, account.c.status.in_(ACCOUNT_OPEN))
        ).scalar_one()
    )
