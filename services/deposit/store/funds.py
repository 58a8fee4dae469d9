"""Employers' money as it stands now, and the months they have remitted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, Row, case, delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert

from services.deposit.domain.codes import EMPLOYER_CLOSED
from services.deposit.models import employer_fund, remitted_month


@dataclass(frozen=True, slots=True)
class Employer:
    """The money side of one employer, in fen."""

    employer_no: str
    name: str
    branch_name: str
    agent_name: str
    status: str
    suspense_fen: int
    balance_fen: int
    pending_registration_no: str | None
    facts_version: int

    @property
    def closed(self) -> bool:
        return self.status == EMPLOYER_CLOSED


@dataclass(frozen=True, slots=True)
class RemittedMonth:
    """One month that an employer has remitted: YYYYMM, people, fen."""

    month: int
    headcount: int
    amount_fen: int


NO_MONTH = RemittedMonth(0, 0, 0)


def upsert_employer(
    connection: Connection,
    *,
    employer_no: str,
    name: str,
    branch_name: str,
    agent_name: str,
    status: str,
    version: int,
) -> None:
    """Take over what collection says of an employer with this version of its events, unless a later one has been
    taken over; its money stays, and a closed one stays closed."""
    values = {
        "name": name,
        "branch_name": branch_name,
        "agent_name": agent_name,
        "facts_version": version,
    }
    still_closed = case((employer_fund.c.status == EMPLOYER_CLOSED, EMPLOYER_CLOSED), else_=status)
    connection.execute(
        pg_insert(employer_fund)
        .values(employer_no=employer_no, status=status, **values)
        .on_conflict_do_update(
            index_elements=[employer_fund.c.employer_no],
            set_={**values, "status": still_closed},
            where=employer_fund.c.facts_version < version,
        )
    )


def load_employer(connection: Connection, employer_no: str) -> Employer | None:
    row = connection.execute(
        select(employer_fund).where(employer_fund.c.employer_no == employer_no)
    ).one_or_none()
    return _employer(row)


def lock_employer(connection: Connection, employer_no: str) -> Employer | None:
    """Load and hold the employer's row until the transaction ends: its money moves one business at a time."""
    return lock_employers(connection, [employer_no]).get(employer_no)


def lock_employers(connection: Connection, employer_nos: Iterable[str]) -> dict[str, Employer]:
    """Load and hold several employers, always in the order of their numbers, so that nobody waits in a circle."""
    rows = connection.execute(
        select(employer_fund)
        .where(employer_fund.c.employer_no.in_(list(employer_nos)))
        .order_by(employer_fund.c.employer_no)
        .with_for_update()
    )
    return {row.employer_no: Employer(**row._mapping) for row in rows}


def set_pending(connection: Connection, employer_no: str, *, registration_no: str | None) -> None:
    connection.execute(
        update(employer_fund)
        .where(employer_fund.c.employer_no == employer_no)
        .values(pending_registration_no=registration_no)
    )


def close_employer(connection: Connection, employer_no: str) -> None:
    """From now on no money comes in or goes out."""
    connection.execute(
        update(employer_fund)
        .where(employer_fund.c.employer_no == employer_no)
        .values(status=EMPLOYER_CLOSED)
    )


def move_money(
    connection: Connection, employer_no: str, *, suspense_fen: int = 0, balance_fen: int = 0
) -> Employer:
    """Add to suspense and to the sum of balances (negative takes away); returns the employer afterwards.

    The store refuses either of them below zero.
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
    return Employer(**row._mapping)


# ---------------------------------------------------------------- remitted months


def add_remitted_months(
    connection: Connection,
    employer_no: str,
    months: Sequence[RemittedMonth],
    *,
    registration_no: str,
) -> None:
    """Note months as remitted; the store refuses a month that already is."""
    common = {"employer_no": employer_no, "registration_no": registration_no}
    connection.execute(insert(remitted_month), [{**common, **asdict(each)} for each in months])


def take_back_remitted_months(connection: Connection, registration_no: str) -> None:
    """The months of a remittance that was reversed may be remitted again."""
    connection.execute(
        delete(remitted_month).where(remitted_month.c.registration_no == registration_no)
    )


def last_remitted_month(connection: Connection, employer_no: str) -> RemittedMonth:
    """上次汇缴月 with its 人数 and 金额; NO_MONTH before the first."""
    row = connection.execute(
        select(remitted_month.c.month, remitted_month.c.headcount, remitted_month.c.amount_fen)
        .where(remitted_month.c.employer_no == employer_no)
        .order_by(remitted_month.c.month.desc())
        .limit(1)
    ).one_or_none()
    return RemittedMonth(*row) if row else NO_MONTH


def _employer(row: Row[tuple[object, ...]] | None) -> Employer | None:
    return None if row is None else Employer(**row._mapping)
