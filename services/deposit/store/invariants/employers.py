"""Employers' suspense and balances, their statements line by line, the months they have remitted, what they wait for."""

# ruff: noqa: S608  # every statement is joined from constants of this package

from __future__ import annotations

from hpf.common.v1 import business_pb2

from services.deposit.domain.chart import NOBODY, PERSONAL, SUSPENSE
from services.deposit.domain.codes import REMITTANCE
from services.deposit.store.invariants.invariant import MOVED, Invariant, day

_OF_LINE = "concat_ws(' ', s.registration_no, s.employer_no)"
_OF_BUSINESS = "concat_ws(' ', b.registration_no, b.employer_no)"

# Months credited by remittances that stand; nobody is credited with one twice, so there are as many lines as people.
_CREDITED = f"""
    SELECT registration_no, employer_no, from_month AS month, sum(credit_fen) AS amount_fen,
        count(*) AS lines, count(DISTINCT account_no) AS people
    FROM ledger_line n
    WHERE business_kind = '{REMITTANCE}' AND corrects_serial_no IS NULL AND NOT EXISTS (
        SELECT 1 FROM ledger_line c WHERE c.corrects_serial_no = n.serial_no)
    GROUP BY registration_no, employer_no, from_month"""

_MONTH = "concat_ws(' ', employer_no, month)"

_STANDING_REMITTANCES = f"""
    SELECT s.registration_no, s.employer_no, s.from_month, s.to_month,
        (s.to_month / 100 - s.from_month / 100) * 12 + s.to_month % 100 - s.from_month % 100 + 1 AS months
    FROM statement_line s WHERE s.kind = {business_pb2.BUSINESS_KIND_REMITTANCE} AND NOT EXISTS (
        SELECT 1 FROM business b WHERE b.registration_no = s.registration_no AND b.reversed_by IS NOT NULL)"""

_FUNDS = (
    Invariant(
        "each suspense equals its journal account",
        "单位暂存款等于其科目余额",
        f"""
        SELECT f.employer_no AS subject, coalesce(j.total, 0) AS expected, f.suspense_fen AS found
        FROM employer_fund f LEFT JOIN (
            SELECT employer_no, -sum(amount_fen) AS total FROM journal_leg
            WHERE account_code = '{SUSPENSE}' GROUP BY employer_no
        ) j USING (employer_no) WHERE f.suspense_fen <> coalesce(j.total, 0)""",
    ),
    Invariant(
        "each suspense equals what its statement lines moved",
        "单位暂存款等于缴存明细增减之和",
        """
        SELECT f.employer_no AS subject, coalesce(s.total, 0) AS expected, f.suspense_fen AS found
        FROM employer_fund f LEFT JOIN (
            SELECT employer_no, sum(suspense_in_fen - suspense_out_fen) AS total FROM statement_line
            GROUP BY employer_no
        ) s USING (employer_no) WHERE f.suspense_fen <> coalesce(s.total, 0)""",
    ),
    Invariant(
        "each employer's balance equals its people's",
        "单位余额等于其职工余额合计",
        """
        SELECT e.employer_no AS subject, coalesce(a.total, 0) AS expected, e.balance_fen AS found
        FROM employer_fund e LEFT JOIN (
            SELECT employer_no, sum(balance_fen) AS total FROM account_fund GROUP BY employer_no
        ) a USING (employer_no) WHERE e.balance_fen <> coalesce(a.total, 0)""",
    ),
    Invariant(
        "each employer's balance equals its journal account",
        "单位余额等于其科目余额",
        f"""
        SELECT f.employer_no AS subject, coalesce(j.total, 0) AS expected, f.balance_fen AS found
        FROM employer_fund f LEFT JOIN (
            SELECT employer_no, -sum(amount_fen) AS total FROM journal_leg
            WHERE account_code = '{PERSONAL}' GROUP BY employer_no
        ) j USING (employer_no) WHERE f.balance_fen <> coalesce(j.total, 0)""",
    ),
    Invariant(
        "an employer waits for a business as long as that has no outcome",
        "单位的在途业务与未办结业务一致",
        """
        SELECT concat_ws(' ', registration_no, employer_no) AS subject,
            (b.state IS NOT NULL)::int AS expected, (f.name IS NOT NULL)::int AS found
        FROM (
            SELECT employer_no, pending_registration_no AS registration_no, name FROM employer_fund
            WHERE pending_registration_no IS NOT NULL
        ) f FULL JOIN (
            SELECT employer_no, registration_no, state FROM business WHERE NOT finished
        ) b USING (registration_no, employer_no) WHERE f.name IS NULL OR b.state IS NULL""",
        is_money=False,
    ),
)

_STATEMENT = (
    Invariant(
        "every business that moves an employer's money is on its statement",
        "变动单位资金的业务均有缴存明细",
        f"""
        SELECT concat_ws(' ', registration_no, employer_no) AS subject,
            greatest(abs(m.suspense_fen), abs(m.balance_fen)) AS expected, 0 AS found
        FROM ({MOVED}) m LEFT JOIN statement_line s USING (registration_no, employer_no)
        WHERE s.statement_no IS NULL""",
    ),
    Invariant(
        "a business is on an employer's statement once",
        "一笔业务在一个单位只有一笔缴存明细",
        f"""
        SELECT {_OF_LINE} AS subject, 1 AS expected, count(*) AS found
        FROM statement_line s GROUP BY s.registration_no, s.employer_no HAVING count(*) > 1""",
        is_money=False,
    ),
    # What a business comes to is what taking it back moves.
    Invariant(
        "each posted business is on its employer's statement with its amount",
        "已入账业务的金额等于其缴存明细",
        f"""
        SELECT {_OF_BUSINESS} AS subject, coalesce(s.amount_fen, 0) AS expected, b.amount_fen AS found
        FROM business b LEFT JOIN statement_line s USING (registration_no, employer_no)
        WHERE b.amount_fen <> s.amount_fen
            OR s.statement_no IS NULL AND b.state = {business_pb2.BUSINESS_STATE_POSTED} AND b.employer_no <> '{NOBODY}'
            OR s.statement_no IS NOT NULL AND b.state = {business_pb2.BUSINESS_STATE_REJECTED}""",
    ),
    Invariant(
        "each statement line bears the day of its entry",
        "缴存明细的日期与凭证一致",
        f"""
        SELECT {_OF_LINE} AS subject, {day("e.posted_on")} AS expected, {day("s.posted_on")} AS found
        FROM statement_line s JOIN journal_entry e USING (registration_no) WHERE s.posted_on <> e.posted_on""",
        is_money=False,
    ),
    Invariant(
        "each statement line says what its business moved",
        "缴存明细的金额等于其凭证",
        f"""
        SELECT {_OF_LINE} AS subject,
            coalesce(greatest(abs(m.suspense_fen), abs(m.balance_fen)), 0) AS expected, s.amount_fen AS found
        FROM statement_line s LEFT JOIN ({MOVED}) m USING (registration_no, employer_no)
        WHERE s.amount_fen <> coalesce(greatest(abs(m.suspense_fen), abs(m.balance_fen)), 0)""",
    ),
    Invariant(
        "each statement line moves the suspense as its business did",
        "缴存明细的暂存款增减等于其凭证",
        f"""
        SELECT {_OF_LINE} AS subject, coalesce(m.suspense_fen, 0) AS expected,
            s.suspense_in_fen - s.suspense_out_fen AS found
        FROM statement_line s LEFT JOIN ({MOVED}) m USING (registration_no, employer_no)
        WHERE s.suspense_in_fen - s.suspense_out_fen <> coalesce(m.suspense_fen, 0)
            OR least(s.suspense_in_fen, s.suspense_out_fen) <> 0""",
    ),
    # The last of them with that the employer's.
    Invariant(
        "each statement line shows the suspense after it",
        "每笔缴存明细的暂存款等于该笔及以前各笔增减之和",
        f"""
        SELECT {_OF_LINE} AS subject, so_far_fen AS expected, suspense_after_fen AS found FROM (
            SELECT *, sum(suspense_in_fen - suspense_out_fen) OVER (
                PARTITION BY employer_no ORDER BY statement_no ROWS UNBOUNDED PRECEDING) AS so_far_fen
            FROM statement_line
        ) s WHERE suspense_after_fen <> so_far_fen""",
    ),
    Invariant(
        "each statement line shows the balance after it",
        "每笔缴存明细的余额等于该笔及以前各笔业务之和",
        f"""
        SELECT {_OF_LINE} AS subject, so_far_fen AS expected, balance_after_fen AS found FROM (
            SELECT l.*, sum(coalesce(m.balance_fen, 0)) OVER (
                PARTITION BY l.employer_no ORDER BY statement_no ROWS UNBOUNDED PRECEDING) AS so_far_fen
            FROM statement_line l LEFT JOIN ({MOVED}) m
                ON m.registration_no = l.registration_no AND m.employer_no = l.employer_no
        ) s WHERE balance_after_fen <> so_far_fen""",
    ),
    Invariant(
        "each statement line counts the people of its ledger lines",
        "缴存明细的人数等于其个人明细的人数",
        f"""
        SELECT {_OF_LINE} AS subject, coalesce(l.headcount, 0) AS expected, s.headcount AS found
        FROM statement_line s LEFT JOIN (
            SELECT registration_no, employer_no, count(DISTINCT account_no) AS headcount FROM ledger_line
            GROUP BY registration_no, employer_no
        ) l USING (registration_no, employer_no) WHERE s.headcount <> coalesce(l.headcount, 0)""",
        is_money=False,
    ),
)

_REMITTED = (
    Invariant(
        "an employer's remitted months have no gap",
        "单位汇缴月份连续",
        """
        SELECT employer_no AS subject, max(month / 100 * 12 + month % 100)
            - min(month / 100 * 12 + month % 100) + 1 AS expected, count(*) AS found
        FROM remitted_month GROUP BY employer_no
        HAVING max(month / 100 * 12 + month % 100) - min(month / 100 * 12 + month % 100) + 1 <> count(*)""",
        is_money=False,
    ),
    Invariant(
        "each remittance that stands has its months, and each month its remittance",
        "未冲正的汇缴与汇缴月份一致",
        f"""
        SELECT concat_ws(' ', registration_no, employer_no) AS subject, coalesce(s.months, 0) AS expected,
            coalesce(m.months, 0) AS found
        FROM ({_STANDING_REMITTANCES}) s FULL JOIN (
            SELECT registration_no, employer_no, min(month) AS from_month, max(month) AS to_month, count(*) AS months
            FROM remitted_month GROUP BY registration_no, employer_no
        ) m USING (registration_no, employer_no)
        WHERE (s.months, s.from_month, s.to_month) IS DISTINCT FROM (m.months, m.from_month, m.to_month)""",
        is_money=False,
    ),
    Invariant(
        "each remitted month's amount is on the ledger",
        "汇缴月份的金额等于其个人明细",
        f"""
        SELECT {_MONTH} AS subject, coalesce(m.amount_fen, 0) AS expected, coalesce(l.amount_fen, 0) AS found
        FROM remitted_month m FULL JOIN ({_CREDITED}) l USING (registration_no, employer_no, month)
        WHERE coalesce(m.amount_fen, 0) <> coalesce(l.amount_fen, 0)""",
    ),
    Invariant(
        "each remitted month's people are on the ledger",
        "汇缴月份的人数等于其个人明细",
        f"""
        SELECT {_MONTH} AS subject, coalesce(m.headcount, 0) AS expected,
            CASE WHEN l.lines = m.headcount THEN l.people ELSE coalesce(l.lines, 0) END AS found
        FROM remitted_month m FULL JOIN ({_CREDITED}) l USING (registration_no, employer_no, month)
        WHERE coalesce(m.headcount, 0) <> coalesce(l.lines, 0) OR coalesce(l.lines, 0) <> coalesce(l.people, 0)""",
        is_money=False,
    ),
)

INVARIANTS = (*_FUNDS, *_STATEMENT, *_REMITTED)
