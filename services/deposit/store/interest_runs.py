"""Runs of the annual interest: how far each is, and what it came to for each employer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, Row, func, select, text, update
from sqlalchemy.dialects.postgresql import insert as pg_insert

from services.deposit.models import employer_fund, interest_run, interest_share
from services.deposit.store.product import from_ledger


@dataclass(frozen=True, slots=True)
class Run:
    """One run; employers up to `cursor` are done."""

    run_no: int
    fund_year: int
    trial: bool
    rate_bp: int
    employers: int
    cursor: str
    started_by: str
    started_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class Share:
    """What a run came to for one employer."""

    run_no: int
    employer_no: str
    registration_no: str
    accounts: int
    product_yuan_days: int
    amount_fen: int
    mismatches: int


@dataclass(frozen=True, slots=True)
class Totals:
    """What a run has come to so far."""

    accounts: int
    product_yuan_days: int
    amount_fen: int
    mismatches: int


def add_run(
    connection: Connection, *, fund_year: int, trial: bool, rate_bp: int, by: str, now: datetime
) -> Run | None:
    """Begin a run; None when the year's run, which may be only one, has begun already."""
    employers = select(func.count()).select_from(employer_fund).scalar_subquery()
    row = connection.execute(
        pg_insert(interest_run)
        .values(
            fund_year=fund_year,
            trial=trial,
            rate_bp=rate_bp,
            employers=employers,
            started_by=by,
            started_at=now,
        )
        .on_conflict_do_nothing()
        .returning(*interest_run.c)
    ).one_or_none()
    return _run(row)


def run_of_year(connection: Connection, fund_year: int) -> Run | None:
    """The run of a fund year that posts."""
    row = connection.execute(
        select(interest_run).where(interest_run.c.fund_year == fund_year, ~interest_run.c.trial)
    ).one_or_none()
    return _run(row)


def newest_trial(connection: Connection, fund_year: int) -> Run | None:
    """The trial of a fund year that was begun last, of those that have finished."""
    row = connection.execute(
        select(interest_run)
        .where(
            interest_run.c.fund_year == fund_year,
            interest_run.c.trial,
            interest_run.c.finished_at.is_not(None),
        )
        .order_by(interest_run.c.run_no.desc())
        .limit(1)
    ).one_or_none()
    return _run(row)


def last_posted_year(connection: Connection) -> int | None:
    """The newest fund year whose run has begun, None before the first."""
    query = select(func.max(interest_run.c.fund_year)).where(~interest_run.c.trial)
    year: int | None = connection.execute(query).scalar()
    return year


def go_on(connection: Connection, run_no: int) -> None:
    """Open a finished run again for those it had to leave out."""
    mine = {"run_no": run_no}
    connection.execute(_FORGET_LEFT_OUT, mine)
    connection.execute(_KEEP_PAID, mine)
    connection.execute(
        update(interest_run).where(interest_run.c.run_no == run_no).values(finished_at=None)
    )


# Who had been paid for some of its people keeps that.
_FORGET_LEFT_OUT = text(
    "DELETE FROM interest_share WHERE run_no = :run_no AND registration_no = ''"
)
_KEEP_PAID = text("UPDATE interest_share SET mismatches = 0 WHERE run_no = :run_no")


def load_run(connection: Connection, run_no: int) -> Run | None:
    """A run by its number; the newest for 0."""
    query = select(interest_run).order_by(interest_run.c.run_no.desc()).limit(1)
    row = connection.execute(
        query.where(interest_run.c.run_no == run_no) if run_no else query
    ).one_or_none()
    return _run(row)


def lock_unfinished_runs(connection: Connection) -> list[Run]:
    """The runs that are not done, oldest first, held for this transaction."""
    rows = connection.execute(
        select(interest_run)
        .where(interest_run.c.finished_at.is_(None))
        .order_by(interest_run.c.run_no)
        .with_for_update()
    )
    return [Run(**row._mapping) for row in rows]


def move_cursor(connection: Connection, run_no: int, cursor: str) -> None:
    connection.execute(
        update(interest_run).where(interest_run.c.run_no == run_no).values(cursor=cursor)
    )


def finish_run(connection: Connection, run_no: int, *, now: datetime) -> None:
    connection.execute(
        update(interest_run).where(interest_run.c.run_no == run_no).values(finished_at=now)
    )


def totals_of(connection: Connection, run_no: int) -> Totals:
    share = interest_share.c
    row = connection.execute(
        select(
            func.coalesce(func.sum(share.accounts), 0),
            func.coalesce(func.sum(share.product_yuan_days), 0),
            func.coalesce(func.sum(share.amount_fen), 0),
            func.coalesce(func.sum(share.mismatches), 0),
        ).where(share.run_no == run_no)
    ).one()
    return Totals(*(int(value) for value in row))


def employers_through(connection: Connection, cursor: str) -> int:
    """How many employers have numbers up to `cursor`."""
    query = select(func.count()).where(employer_fund.c.employer_no <= cursor)
    return connection.execute(query).scalar_one()


_ADD_SHARES = text(
    """
    INSERT INTO interest_share AS old (run_no, employer_no, registration_no, accounts, product_yuan_days, amount_fen,
        mismatches)
    SELECT * FROM unnest(:run_nos ::bigint[], :employers ::text[], :registrations ::text[], :accounts ::int[],
        :products ::bigint[], :amounts ::bigint[], :mismatches ::int[])
    ON CONFLICT (run_no, employer_no) DO UPDATE SET
        registration_no = coalesce(nullif(excluded.registration_no, ''), old.registration_no),
        accounts = old.accounts + excluded.accounts,
        product_yuan_days = old.product_yuan_days + excluded.product_yuan_days,
        amount_fen = old.amount_fen + excluded.amount_fen, mismatches = old.mismatches + excluded.mismatches
    """
)


def add_shares(connection: Connection, shares: Sequence[Share]) -> None:
    """Keep what a batch came to; an employer that comes a second time (people joined it meanwhile) is added up."""
    connection.execute(
        _ADD_SHARES,
        {
            "run_nos": [share.run_no for share in shares],
            "employers": [share.employer_no for share in shares],
            "registrations": [share.registration_no for share in shares],
            "accounts": [share.accounts for share in shares],
            "products": [share.product_yuan_days for share in shares],
            "amounts": [share.amount_fen for share in shares],
            "mismatches": [share.mismatches for share in shares],
        },
    )


def page_of_shares(connection: Connection, run_no: int, *, after: str, limit: int) -> list[Share]:
    """Shares of a run in the order of employer numbers."""
    rows = connection.execute(
        select(interest_share)
        .where(interest_share.c.run_no == run_no, interest_share.c.employer_no > after)
        .order_by(interest_share.c.employer_no)
        .limit(limit)
    )
    return [Share(**row._mapping) for row in rows]


_NEXT_EMPLOYERS = text(
    """
    SELECT employer_no FROM (
        SELECT e.employer_no, row_number() OVER (ORDER BY e.employer_no) AS place,
            sum(a.accounts) OVER (ORDER BY e.employer_no) AS accounts
        FROM (SELECT employer_no FROM employer_fund WHERE employer_no > :cursor
              ORDER BY employer_no LIMIT :employers_max) e
        CROSS JOIN LATERAL (SELECT count(*) AS accounts FROM account_fund f
              WHERE f.employer_no = e.employer_no) a
    ) counted WHERE accounts <= :accounts_max OR place = 1 ORDER BY employer_no
    """
)


def next_employers(
    connection: Connection, cursor: str, *, employers_max: int, accounts_max: int
) -> list[str]:
    """The employers after `cursor` that make one batch: at least one, if there is one."""
    rows = connection.execute(
        _NEXT_EMPLOYERS,
        {"cursor": cursor, "employers_max": employers_max, "accounts_max": accounts_max},
    )
    return [row.employer_no for row in rows]


_WITH_LATE_BUSINESS = (
    "SELECT b.employer_no FROM business b WHERE NOT b.finished AND b.business_date < :end_day"
)

_EMPLOYERS_LEFT = text(
    f"""
    SELECT DISTINCT employer_no FROM account_fund
    WHERE product_from < :end_day AND employer_no NOT IN ({_WITH_LATE_BUSINESS})
        AND employer_no NOT IN (SELECT employer_no FROM interest_share WHERE run_no = :run_no AND mismatches > 0)
    ORDER BY employer_no LIMIT :limit
    """  # noqa: S608  # joined from constants of this module
)


def employers_left(connection: Connection, run_no: int, *, end_day: date, limit: int) -> list[str]:
    """Employers with people whose fund year is not settled yet, but for those with a business that is still to come
    and those that the run leaves out: people joined one that was done before, or it had such a business."""
    rows = connection.execute(
        _EMPLOYERS_LEFT, {"run_no": run_no, "end_day": end_day, "limit": limit}
    )
    return [row.employer_no for row in rows]


def with_late_business(connection: Connection, employers: Sequence[str], end_day: date) -> set[str]:
    """Those of `employers`, held by the caller, for which a business dated before `end_day` is being posted."""
    query = f"{_WITH_LATE_BUSINESS} AND b.employer_no = ANY(:employers ::text[])"
    rows = connection.execute(text(query), {"employers": list(employers), "end_day": end_day})
    return set(rows.scalars())


def waits_for_business(connection: Connection, end_day: date) -> bool:
    """Whether any business dated before `end_day` has no outcome yet."""
    query = f"SELECT EXISTS ({_WITH_LATE_BUSINESS})"
    return bool(connection.execute(text(query), {"end_day": end_day}).scalar_one())


_ALL_BEFORE = """
    SELECT account_no, product_from AS first_day, CAST(:day AS date) AS end_day
    FROM account_fund WHERE product_from < :day"""

_EARNED_BEFORE = text(
    f"SELECT account_no FROM ({from_ledger(_ALL_BEFORE)}) earned WHERE product_yuan_days > 0 LIMIT 1"  # noqa: S608  # joined from constants of this package
)


def unsettled_before(connection: Connection, day: date) -> str | None:
    """An account that has earned interest before `day` which no run has paid, None when there is none."""
    return connection.execute(_EARNED_BEFORE, {"day": day}).scalar()


def _run(row: Row[tuple[object, ...]] | None) -> Run | None:
    return None if row is None else Run(**row._mapping)
