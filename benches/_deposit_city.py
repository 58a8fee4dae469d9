"""A city in the stores of collection and deposit, written straight into them: people with two months remitted.

One employer has 10,000 people, the others some sixty each. BENCH_ACCOUNTS makes a smaller city than 300,000 accounts;
everything shrinks with it. The books of the city are clean: `hpf admin books check` would find nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, create_engine, text

from deploy.local.databases import as_owner
from services.deposit.store import books
from tests.system.city import City
from tests.system.people import pay_in, register

ACCOUNTS = 300_000
PEOPLE_PER_EMPLOYER = 60
BIG_PEOPLE = 10_000
#: Paid into the big employer's suspense: more than its people owe in any bench.
BIG_SUSPENSE_FEN = 100_000_000_000
#: Both months are remitted on the 20th of the next day's month: July and August 2019.
NOW = datetime(2019, 9, 20, 2, tzinfo=UTC)

# Person n has a base of 5000 to 5999 yuan; 12 % + 10 % of it come out without rounding.
_PEOPLE = """
    CREATE TEMP TABLE people ON COMMIT DROP AS
    SELECT to_char(n, 'FM000000000000') AS account_no, 500000 + n % 1000 * 100 AS base_fen,
        110000 + n % 1000 * 22 AS monthly_fen, employer_no
    FROM generate_series(1, :accounts) n, LATERAL (SELECT CASE WHEN n <= :big_people THEN :big
        ELSE to_char(5000000 + (n - :big_people - 1) / :others, 'FM0000000000000') END AS employer_no) placed
"""
_EMPLOYERS = """
    CREATE TEMP TABLE employers ON COMMIT DROP AS
    SELECT employer_no, count(*) AS headcount, sum(monthly_fen)::bigint AS monthly_fen FROM people GROUP BY employer_no
"""
_MONTHS = """
    CREATE TEMP TABLE months ON COMMIT DROP AS
    SELECT * FROM (VALUES (1, 201907, date '2019-07-20'), (2, 201908, date '2019-08-20')) AS m(place, month, day)
"""

_COLLECTION = (
    """
    INSERT INTO employer SELECT (jsonb_populate_record(known, jsonb_build_object(
        'employer_no', e.employer_no, 'uscc', e.employer_no, 'paid_through_month', 201908))).*
    FROM employer known, employers e WHERE known.employer_no = :big AND e.employer_no <> :big
    """,
    "UPDATE employer SET paid_through_month = 201908, status = '01'",
    """
    INSERT INTO employer_rates SELECT (jsonb_populate_record(known, jsonb_build_object(
        'employer_no', e.employer_no))).*
    FROM employer_rates known, employers e WHERE known.employer_no = :big AND e.employer_no <> :big
    """,
    """
    INSERT INTO account (account_no, employer_no, name, id_type, id_number_sealed, id_number_index, mobile_sealed,
        status, opened_on)
    SELECT account_no, employer_no, '测速人员', '01', decode(md5(account_no), 'hex'), decode(md5(account_no), 'hex'),
        decode(md5(account_no), 'hex'), '01', '2019-07-01' FROM people
    """,
    """
    INSERT INTO account_term (account_no, employer_no, from_month, active, base_fen, employer_rate, employee_rate,
        employer_share_fen, employee_share_fen, registration_no, shown)
    SELECT account_no, employer_no, 201907, true, base_fen, 12, 10, base_fen * 12 / 100, base_fen * 10 / 100,
        'seed', true FROM people
    """,
)

_DEPOSIT = (
    """
    INSERT INTO employer_fund (employer_no, name, branch_name, agent_name, status)
    SELECT employer_no, '测速单位', '市本级', '李经办', '01' FROM employers
    ON CONFLICT (employer_no) DO NOTHING
    """,
    """
    UPDATE employer_fund f SET balance_fen = 2 * e.monthly_fen FROM employers e WHERE e.employer_no = f.employer_no
    """,
    """
    INSERT INTO account_holder (account_no, name, id_type, id_number_sealed, status, opened_on, revision)
    SELECT account_no, '测速人员', '01', decode(md5(account_no), 'hex'), '01', '2019-07-01', 1 FROM people
    """,
    # From 20 July to 19 August one month lay there, whole yuan by day.
    """
    INSERT INTO account_fund (account_no, employer_no, balance_fen, paid_through_month, base_fen, product_yuan_days,
        product_from, product_through)
    SELECT account_no, employer_no, 2 * monthly_fen, 201908, base_fen, monthly_fen / 100 * 31, '2019-07-01',
        '2019-08-20' FROM people
    """,
    """
    INSERT INTO ledger_line (account_no, employer_no, registration_no, posted_on, business_kind, summary, credit_fen,
        balance_after_fen, base_fen, from_month, to_month)
    SELECT account_no, employer_no, 'seed' || month || employer_no, day, '01', '1219', monthly_fen,
        place * monthly_fen, base_fen, month, month
    FROM months, people ORDER BY place, employer_no, account_no
    """,
    """
    INSERT INTO remitted_month SELECT employer_no, month, 'seed' || month || employer_no, headcount, monthly_fen
    FROM months, employers
    """,
    """
    INSERT INTO journal_entry (registration_no, posted_on, memo, bank_reference)
    SELECT 'pay' || employer_no, '2019-07-20', 'bank payment', 'ref' || employer_no FROM employers
    UNION ALL SELECT 'seed' || month || employer_no, day, 'remittance', '' FROM months, employers
    """,
    """
    INSERT INTO journal_leg (entry_no, leg, account_code, employer_no, amount_fen)
    SELECT entry_no, leg, account_code, employer_no, amount_fen FROM journal_entry JOIN (
        SELECT 'pay' || employer_no AS registration_no, employer_no, leg, account_code, side * 2 * monthly_fen AS amount_fen
        FROM employers, (VALUES (1, '1001', 1), (2, '2001', -1)) AS l(leg, account_code, side)
        UNION ALL
        SELECT 'seed' || month || employer_no, employer_no, leg, account_code, side * monthly_fen
        FROM months, employers, (VALUES (1, '2001', 1), (2, '2002', -1)) AS l(leg, account_code, side)
    ) legs USING (registration_no)
    """,
    """
    INSERT INTO bank_payment SELECT 'ref' || employer_no, employer_no, 2 * monthly_fen, '2019-07-20', '测速单位',
        'pay' || employer_no, '2019-07-20' FROM employers
    """,
    """
    INSERT INTO statement_line (employer_no, registration_no, posted_on, kind, summary, headcount, amount_fen,
        suspense_in_fen, suspense_after_fen, balance_after_fen)
    SELECT employer_no, 'pay' || employer_no, '2019-07-20', 12, '1213', 0, 2 * monthly_fen, 2 * monthly_fen,
        2 * monthly_fen, 0 FROM employers
    """,
    """
    INSERT INTO statement_line (employer_no, registration_no, posted_on, kind, summary, headcount, amount_fen,
        from_month, to_month, suspense_out_fen, suspense_after_fen, balance_after_fen)
    SELECT employer_no, 'seed' || month || employer_no, day, 10, '1219', headcount, monthly_fen, month, month,
        monthly_fen, (2 - place) * monthly_fen, place * monthly_fen
    FROM months, employers ORDER BY place, employer_no
    """,
)


@dataclass(frozen=True)
class Size:
    """How many accounts, how many of them in the big employer and in each other one."""

    accounts: int
    big_people: int
    others: int = PEOPLE_PER_EMPLOYER

    @classmethod
    def of(cls, accounts: int) -> Size:
        return cls(accounts, min(BIG_PEOPLE, accounts // 3))

    @classmethod
    def asked(cls) -> Size:
        """As BENCH_ACCOUNTS says."""
        return cls.of(int(os.environ.get("BENCH_ACCOUNTS", str(ACCOUNTS))))

    @property
    def words(self) -> str:
        employers = 1 - (self.big_people - self.accounts) // self.others
        return f"{self.accounts:,} accounts of {employers:,} employers"


def build(service_db: Callable[[str], str], folder: Path, size: Size) -> str:
    """Fill the stores of collection and deposit; returns the number of the big employer."""
    city = City(service_db, folder, now=NOW)
    big = register(city, 1)
    city.settle()
    facts = {
        "big": big,
        "accounts": size.accounts,
        "big_people": size.big_people,
        "others": size.others,
    }
    for service, statements in (("collection", _COLLECTION), ("deposit", _DEPOSIT)):
        _fill(service_db(service), statements, facts)
    pay_in(city, big, BIG_SUSPENSE_FEN)
    city.settle()
    city.close()
    return big


def check(url: str) -> None:
    """The books must be clean: a fast bench of wrong books would be worth nothing."""
    engine = create_engine(url)
    with engine.connect() as connection:
        findings = books.broken_invariants(connection)
    engine.dispose()
    if findings:
        raise RuntimeError(f"the books of the bench are wrong: {findings[:3]}")


def _fill(url: str, statements: tuple[str, ...], facts: dict[str, object]) -> None:
    engine = create_engine(as_owner(url))
    with engine.begin() as connection:
        for statement in (_PEOPLE, _EMPLOYERS, _MONTHS, *statements):
            _run(connection, statement, facts)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
    engine.dispose()


def _run(connection: Connection, statement: str, facts: dict[str, object]) -> None:
    wanted = text(statement)
    named = {name: facts[name] for name in wanted._bindparams}
    connection.execute(wanted, named)
