"""The journal by itself: entries, their legs, and the entries that take others back."""

# ruff: noqa: S608  # every statement is joined from constants of this package

from __future__ import annotations

from services.deposit.domain.chart import BANK, INTEREST, NOBODY, PERSONAL, SUSPENSE, UNALLOCATED
from services.deposit.store.invariants.invariant import Invariant

INVARIANTS = (
    Invariant(
        "the journal sums to zero",
        "总账借贷相等",
        """
        SELECT 'journal' AS subject, 0 AS expected, coalesce(sum(amount_fen), 0) AS found
        FROM journal_leg HAVING coalesce(sum(amount_fen), 0) <> 0""",
    ),
    Invariant(
        "every entry sums to zero",
        "每张凭证借贷相等",
        """
        SELECT entry_no::text AS subject, 0 AS expected, sum(amount_fen) AS found
        FROM journal_leg GROUP BY entry_no HAVING sum(amount_fen) <> 0""",
    ),
    # Two of them, in two places: what goes from a place to the same place is no business of this chart.
    Invariant(
        "every entry has its legs",
        "每张凭证有借贷两笔分录",
        """
        SELECT subject, 2 AS expected, found FROM (
            SELECT e.entry_no::text AS subject,
                CASE WHEN min(l.account_code || ' ' || l.employer_no) = max(l.account_code || ' ' || l.employer_no)
                    THEN 1 ELSE count(l.leg) END AS found
            FROM journal_entry e LEFT JOIN journal_leg l USING (entry_no) GROUP BY e.entry_no
        ) entries WHERE found <> 2""",
        is_money=False,
    ),
    Invariant(
        "every leg is on the chart, of an employer that is known",
        "每笔分录的科目和单位存在",
        f"""
        SELECT l.entry_no || ' ' || l.leg AS subject, 0 AS expected, l.amount_fen AS found
        FROM journal_leg l LEFT JOIN employer_fund f USING (employer_no)
        WHERE CASE
            WHEN l.account_code IN ('{SUSPENSE}', '{PERSONAL}', '{INTEREST}') THEN f.employer_no IS NULL
            WHEN l.account_code = '{BANK}' THEN f.employer_no IS NULL AND l.employer_no <> '{NOBODY}'
            WHEN l.account_code = '{UNALLOCATED}' THEN l.employer_no <> '{NOBODY}'
            ELSE true END""",
    ),
    Invariant(
        "a correcting entry mirrors the one it corrects",
        "冲正凭证与原凭证金额相反",
        """
        SELECT e.entry_no::text AS subject, 0 AS expected, sum(l.amount_fen) AS found
        FROM journal_entry e JOIN journal_leg l ON l.entry_no IN (e.entry_no, e.corrects_entry_no)
        WHERE e.corrects_entry_no IS NOT NULL
        GROUP BY e.entry_no, l.account_code, l.employer_no HAVING sum(l.amount_fen) <> 0""",
    ),
    Invariant(
        "a business is taken back when its entry is",
        "业务的冲正标记与凭证一致",
        """
        SELECT coalesce(j.registration_no, b.registration_no) AS subject,
            (j.registration_no IS NOT NULL)::int AS expected, (b.registration_no IS NOT NULL)::int AS found
        FROM (
            SELECT o.registration_no, c.registration_no AS taken_back_by
            FROM journal_entry c JOIN journal_entry o ON o.entry_no = c.corrects_entry_no
        ) j FULL JOIN (
            SELECT registration_no, reversed_by FROM business WHERE reversed_by IS NOT NULL AND amount_fen <> 0
        ) b ON b.registration_no = j.registration_no AND b.reversed_by = j.taken_back_by
        WHERE j.registration_no IS NULL OR b.registration_no IS NULL""",
        is_money=False,
    ),
)
