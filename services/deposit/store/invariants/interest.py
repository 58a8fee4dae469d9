"""The annual interest: the products it is computed from, and that every account's every year is settled once."""

# ruff: noqa: S608  # every statement is joined from constants of this package

from __future__ import annotations

from services.deposit.domain.chart import INTEREST
from services.deposit.domain.codes import ANNUAL_INTEREST, TRANSFER
from services.deposit.domain.interest import INTEREST_SQL
from services.deposit.store.invariants.invariant import Invariant, day
from services.deposit.store.product import from_ledger

_EVERY_PRODUCT = """
    SELECT account_no, product_from AS first_day, product_through AS end_day FROM account_fund"""

# A run pays for the days since the run before it, or since the first day of all.
_RUNS = """
    SELECT fund_year, rate_bp, make_date(fund_year, 7, 1) AS end_day, coalesce(
        lag(make_date(fund_year, 7, 1)) OVER (ORDER BY fund_year), '-infinity') AS first_day
    FROM interest_run WHERE NOT trial"""

# Few: who has been paid every year is not among them.
_SETTLED_WITHOUT_A_LINE = f"""
    SELECT f.account_no, r.fund_year, r.rate_bp, r.end_day, greatest(h.opened_on, r.first_day) AS first_day
    FROM account_fund f JOIN account_holder h USING (account_no)
    JOIN ({_RUNS}) r ON h.opened_on < r.end_day AND r.end_day <= f.product_from
    WHERE NOT EXISTS (
        SELECT 1 FROM ledger_line i WHERE i.account_no = f.account_no AND i.interest_year = r.fund_year)"""

INVARIANTS = (
    Invariant(
        "each daily product equals the ledger's",
        "每户积数等于按明细计算的积数",
        f"""
        SELECT f.account_no AS subject, coalesce(l.product_yuan_days, 0) AS expected,
            f.product_yuan_days AS found
        FROM account_fund f LEFT JOIN ({from_ledger(_EVERY_PRODUCT)}) l USING (account_no)
        WHERE f.product_yuan_days <> coalesce(l.product_yuan_days, 0)""",
        is_money=False,
    ),
    Invariant(
        "each product begins with the account, or with the year after its last settled one",
        "积数自开户日或上次结息后的7月1日起算",
        f"""
        SELECT f.account_no AS subject, coalesce({day("coalesce(i.end_day, h.opened_on)")}, 0) AS expected,
            {day("f.product_from")} AS found
        FROM account_fund f LEFT JOIN account_holder h USING (account_no)
        LEFT JOIN ({_RUNS}) r ON r.end_day = f.product_from
        LEFT JOIN (
            SELECT account_no, make_date(max(interest_year), 7, 1) AS end_day FROM ledger_line
            WHERE interest_year IS NOT NULL GROUP BY account_no
        ) i USING (account_no)
        WHERE h.account_no IS NULL OR (f.product_from <> h.opened_on OR i.end_day IS NOT NULL)
            AND (r.fund_year IS NULL OR f.product_from < i.end_day)""",
        is_money=False,
    ),
    # Which an account may well be without having earned half a fen.
    Invariant(
        "nobody's year was settled without its interest",
        "已结息年度的利息均已入账",
        f"""
        SELECT account_no || ' ' || fund_year AS subject, interest_fen AS expected, 0 AS found FROM (
            SELECT account_no, fund_year, {INTEREST_SQL.replace(":rate_bp", "rate_bp")} AS interest_fen
            FROM ({_SETTLED_WITHOUT_A_LINE}) settled CROSS JOIN LATERAL (
                SELECT coalesce(sum((balance_fen / 100) * (next_day - day)), 0)::bigint AS product FROM (
                    SELECT greatest(posted_on, first_day) AS day,
                        lead(greatest(posted_on, first_day), 1, end_day) OVER by_day AS next_day,
                        (sum(credit_fen - debit_fen) OVER by_day)::bigint AS balance_fen
                    FROM ledger_line l WHERE l.account_no = settled.account_no AND posted_on < end_day
                    WINDOW by_day AS (ORDER BY posted_on, serial_no ROWS UNBOUNDED PRECEDING)
                ) spans
            ) earned
        ) due WHERE interest_fen > 0""",
    ),
    Invariant(
        "interest bears the last day of its fund year",
        "利息明细的日期为结息年度的6月30日",
        f"""
        SELECT serial_no::text AS subject, coalesce(interest_year, 0) * 10000 + 630 AS expected,
            {day("posted_on")} AS found
        FROM ledger_line WHERE (interest_year IS NOT NULL OR business_kind = '{ANNUAL_INTEREST}')
            AND (posted_on, business_kind) IS DISTINCT FROM (make_date(interest_year, 6, 30), '{ANNUAL_INTEREST}')""",
        is_money=False,
    ),
    Invariant(
        "nothing is dated within a year after that was settled",
        "结息后没有记入该年度的明细",
        f"""
        SELECT serial_no::text AS subject, 0 AS expected, credit_fen - debit_fen AS found FROM (
            SELECT *, max(interest_year) OVER (PARTITION BY account_no ORDER BY serial_no
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS settled_year
            FROM ledger_line
        ) l WHERE posted_on < make_date(settled_year, 7, 1) AND business_kind <> '{TRANSFER}'""",
    ),
    Invariant(
        "interest on the ledger equals the interest expense",
        "利息明细合计等于利息支出科目",
        f"""
        SELECT 'interest' AS subject, l.total AS expected, j.total AS found
        FROM (SELECT coalesce(sum(credit_fen), 0) AS total FROM ledger_line WHERE interest_year IS NOT NULL) l,
             (SELECT coalesce(sum(amount_fen), 0) AS total FROM journal_leg WHERE account_code = '{INTEREST}') j
        WHERE l.total <> j.total""",
    ),
    Invariant(
        "each run paid an employer's people what it says",
        "结息结果与各单位利息明细一致",
        """
        SELECT concat_ws(' ', fund_year, employer_no) AS subject, coalesce(l.total, 0) AS expected,
            coalesce(s.amount_fen, 0) AS found
        FROM (
            SELECT interest_year AS fund_year, employer_no, sum(credit_fen) AS total FROM ledger_line
            WHERE interest_year IS NOT NULL GROUP BY interest_year, employer_no
        ) l FULL JOIN (
            SELECT r.fund_year, s.employer_no, s.amount_fen FROM interest_run r JOIN interest_share s USING (run_no)
            WHERE NOT r.trial
        ) s USING (fund_year, employer_no) WHERE coalesce(l.total, 0) <> coalesce(s.amount_fen, 0)""",
    ),
)
