"""People's balances, the lines of the ledger behind them, and what the journal says of the same businesses."""

# ruff: noqa: S608  # every statement is joined from constants of this package

from __future__ import annotations

from services.deposit.domain.chart import PERSONAL
from services.deposit.store.invariants.invariant import MOVED, Invariant, day

INVARIANTS = (
    Invariant(
        "personal balances equal the personal deposits account",
        "个人余额合计等于个人存款科目",
        f"""
        SELECT 'personal deposits' AS subject, b.total AS expected, j.total AS found
        FROM (SELECT coalesce(sum(balance_fen), 0) AS total FROM account_fund) b,
             (SELECT coalesce(-sum(amount_fen), 0) AS total FROM journal_leg
              WHERE account_code = '{PERSONAL}') j
        WHERE b.total <> j.total""",
    ),
    Invariant(
        "each balance equals the sum of its lines",
        "个人余额等于其明细合计",
        """
        SELECT f.account_no AS subject, coalesce(l.total, 0) AS expected, f.balance_fen AS found
        FROM account_fund f LEFT JOIN (
            SELECT account_no, sum(credit_fen - debit_fen) AS total FROM ledger_line GROUP BY account_no
        ) l USING (account_no) WHERE f.balance_fen <> coalesce(l.total, 0)""",
    ),
    # The last of them with that the account's.
    Invariant(
        "each line shows the balance after it",
        "每笔明细的余额等于该笔及以前各笔之和",
        """
        SELECT serial_no::text AS subject, so_far_fen AS expected, balance_after_fen AS found FROM (
            SELECT serial_no, balance_after_fen, sum(credit_fen - debit_fen) OVER (
                PARTITION BY account_no ORDER BY serial_no ROWS UNBOUNDED PRECEDING) AS so_far_fen
            FROM ledger_line
        ) running WHERE balance_after_fen <> so_far_fen""",
    ),
    Invariant(
        "lines belong to an account",
        "明细属于已有账户",
        """
        SELECT l.account_no AS subject, 0 AS expected, sum(l.credit_fen - l.debit_fen) AS found
        FROM ledger_line l LEFT JOIN account_fund f USING (account_no)
        WHERE f.account_no IS NULL GROUP BY l.account_no""",
    ),
    Invariant(
        "a line credits or debits",
        "每笔明细只有借方或贷方",
        """
        SELECT serial_no::text AS subject, 0 AS expected, debit_fen AS found
        FROM ledger_line WHERE debit_fen > 0 AND credit_fen > 0""",
    ),
    # Business by business and employer by employer: a line under another number or another employer is missed here.
    Invariant(
        "the lines of each business are what the journal says of its people",
        "每笔业务在各单位的明细合计等于其凭证",
        f"""
        SELECT concat_ws(' ', registration_no, employer_no) AS subject, coalesce(m.balance_fen, 0) AS expected,
            coalesce(l.total, 0) AS found
        FROM (
            SELECT registration_no, employer_no, sum(credit_fen - debit_fen) AS total FROM ledger_line
            GROUP BY registration_no, employer_no
        ) l FULL JOIN ({MOVED}) m USING (registration_no, employer_no)
        WHERE coalesce(m.balance_fen, 0) <> coalesce(l.total, 0)""",
    ),
    Invariant(
        "each line bears the day of its business",
        "明细的日期与业务一致",
        f"""
        SELECT l.serial_no::text AS subject, {day("s.posted_on")} AS expected, {day("l.posted_on")} AS found
        FROM ledger_line l JOIN statement_line s USING (registration_no, employer_no)
        WHERE l.posted_on <> s.posted_on""",
        is_money=False,
    ),
    Invariant(
        "each paid-through month is that of the last line that stands",
        "缴至年月等于未冲正明细的最后月份",
        """
        SELECT f.account_no AS subject, coalesce(l.last_month, 0) AS expected,
            f.paid_through_month AS found
        FROM account_fund f LEFT JOIN (
            SELECT account_no, max(to_month) AS last_month FROM ledger_line n
            WHERE credit_fen > 0 AND NOT EXISTS (
                SELECT 1 FROM ledger_line c WHERE c.corrects_serial_no = n.serial_no)
            GROUP BY account_no
        ) l USING (account_no) WHERE f.paid_through_month <> coalesce(l.last_month, 0)""",
        is_money=False,
    ),
    Invariant(
        "a correcting line takes back exactly the one it corrects",
        "冲正明细与原明细账户、月份、金额相同，方向相反",
        """
        SELECT c.serial_no::text AS subject, coalesce(o.credit_fen - o.debit_fen, 0) AS expected,
            c.debit_fen - c.credit_fen AS found
        FROM ledger_line c LEFT JOIN ledger_line o ON o.serial_no = c.corrects_serial_no
        WHERE c.corrects_serial_no IS NOT NULL
            AND (o.account_no, o.employer_no, o.credit_fen, o.debit_fen, o.business_kind, o.from_month, o.to_month)
                IS DISTINCT FROM
                (c.account_no, c.employer_no, c.debit_fen, c.credit_fen, c.business_kind, c.from_month, c.to_month)""",
    ),
    Invariant(
        "a line is taken back by the business that takes back its business",
        "冲正明细与原明细所属业务的冲正关系一致",
        """
        SELECT c.serial_no::text AS subject, 1 AS expected, 0 AS found
        FROM ledger_line c JOIN ledger_line o ON o.serial_no = c.corrects_serial_no
        LEFT JOIN business b ON b.registration_no = o.registration_no AND b.reversed_by = c.registration_no
        WHERE b.registration_no IS NULL""",
        is_money=False,
    ),
)
