"""A city in query's read tables, written straight into them: accounts, and ledger lines of many years.

Every employer has 300 people. The rows are as long as real ones; names and sealed numbers repeat, for nobody looks.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import create_engine, text

from benches._hall import EMPLOYER_NO
from deploy.local.databases import as_owner
from services.kit.vault import Vault

PEOPLE_PER_EMPLOYER = 300
#: One of the people of the employer that is asked about.
ACCOUNT_NO = "A00000000000"

_ACCOUNTS = """
    INSERT INTO person (
        account_no, employer_no, registered, name, id_type, id_number_sealed, id_number_index,
        mobile_sealed, status, base_fen, employer_rate, employee_rate, employer_share_fen,
        employee_share_fen, opened_on, effective_month, balance_fen, paid_through_month,
        last_serial_no)
    SELECT 'A' || lpad(n::text, 11, '0'),
        CASE WHEN n < :people THEN :employer_no ELSE 'E' || lpad((n / :people)::text, 12, '0') END,
        true, '试验' || n % 997, '01', :id_number, decode(md5(n::text), 'hex'), :mobile, '01',
        500000 + n % 1000 * 100, 12, 10, 60000, 50000, date '2009-01-01' + (n % 3650)::int, 200901,
        1000000 + n, 201909, 0
    FROM generate_series(0, :accounts - 1) AS n
"""

# Month by month over everybody, as remittances write them: the lines of one person lie far apart.
_LINES = """
    INSERT INTO ledger_line
    SELECT n + 1, 'A' || lpad((n % :accounts)::text, 11, '0'), 'E', day, '01', '0', '1219', 0,
        110000, 110000 * (n / :accounts + 1), 500000, month, month,
        'R' || lpad((n / 300)::text, 17, '0'), 0
    FROM generate_series(0, :lines - 1) AS n,
        LATERAL (SELECT (date '2019-09-15' - make_interval(
            months => (:lines / :accounts - n / :accounts)::int))::date AS day) AS posted,
        LATERAL (SELECT to_char(day, 'YYYYMM')::int AS month) AS counted
"""


@dataclass(frozen=True)
class Size:
    accounts: int
    lines: int


def fill(url: str, size: Size, *, vault: Vault) -> None:
    """Write the city and let the planner know it."""
    facts = {
        "people": PEOPLE_PER_EMPLOYER,
        "employer_no": EMPLOYER_NO,
        "id_number": vault.seal_text("130702198501010017"),
        "mobile": vault.seal_text("13800001234"),
    }
    engine = create_engine(as_owner(url))
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO employer (employer_no, registered, name) VALUES (:n, true, '试验公司')"
            ),
            {"n": EMPLOYER_NO},
        )
        connection.execute(text(_ACCOUNTS), {**facts, "accounts": size.accounts})
        connection.execute(text(_LINES), {"accounts": size.accounts, "lines": size.lines})
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
    engine.dispose()
