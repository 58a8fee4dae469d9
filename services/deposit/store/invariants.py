"""The invariants of the books, each a SELECT of `(subject, expected, found)` that is empty when all is well."""

# ruff: noqa: S608  # every statement is joined from constants of this package

from __future__ import annotations

from services.deposit.domain.chart import BANK, INTEREST, PERSONAL, SUSPENSE, UNALLOCATED
from services.deposit.store.product import from_ledger

_EVERY_PRODUCT = """
    SELECT account_no, product_from AS first_day, product_through AS end_day FROM account_fund"""

JOURNAL = {
    "the journal sums to zero": """
        SELECT 'journal' AS subject, 0 AS expected, coalesce(sum(amount_fen), 0) AS found
        FROM journal_leg HAVING coalesce(sum(amount_fen), 0) <> 0""",
    "every entry sums to zero": """
        SELECT entry_no::text AS subject, 0 AS expected, sum(amount_fen) AS found
        FROM journal_leg GROUP BY entry_no HAVING sum(amount_fen) <> 0""",
    "every entry has its legs": """
        SELECT e.entry_no::text AS subject, 2 AS expected, 0 AS found FROM journal_entry e
        WHERE NOT EXISTS (SELECT 1 FROM journal_leg l WHERE l.entry_no = e.entry_no)""",
    "a correcting entry mirrors the one it corrects": """
        SELECT e.entry_no::text AS subject, 0 AS expected, sum(l.amount_fen) AS found
        FROM journal_entry e JOIN journal_leg l ON l.entry_no IN (e.entry_no, e.corrects_entry_no)
        WHERE e.corrects_entry_no IS NOT NULL
        GROUP BY e.entry_no, l.account_code, l.employer_no HAVING sum(l.amount_fen) <> 0""",
}

PEOPLE = {
    "personal balances equal the personal deposits account": f"""
        SELECT 'personal deposits' AS subject, b.total AS expected, j.total AS found
        FROM (SELECT coalesce(sum(balance_fen), 0) AS total FROM account_fund) b,
             (SELECT coalesce(-sum(amount_fen), 0) AS total FROM journal_leg
              WHERE account_code = '{PERSONAL}') j
        WHERE b.total <> j.total""",
    "each balance equals the sum of its lines": """
        SELECT f.account_no AS subject, coalesce(l.total, 0) AS expected, f.balance_fen AS found
        FROM account_fund f LEFT JOIN (
            SELECT account_no, sum(credit_fen - debit_fen) AS total FROM ledger_line GROUP BY account_no
        ) l USING (account_no) WHERE f.balance_fen <> coalesce(l.total, 0)""",
    "each last line shows the balance": """
        SELECT f.account_no AS subject, f.balance_fen AS expected, l.balance_after_fen AS found
        FROM account_fund f JOIN (
            SELECT DISTINCT ON (account_no) account_no, balance_after_fen FROM ledger_line
            ORDER BY account_no, serial_no DESC
        ) l USING (account_no) WHERE f.balance_fen <> l.balance_after_fen""",
    "lines belong to an account": """
        SELECT l.account_no AS subject, 0 AS expected, sum(l.credit_fen - l.debit_fen) AS found
        FROM ledger_line l LEFT JOIN account_fund f USING (account_no)
        WHERE f.account_no IS NULL GROUP BY l.account_no""",
    "each daily product equals the ledger's": f"""
        SELECT f.account_no AS subject, coalesce(l.product_yuan_days, 0) AS expected,
            f.product_yuan_days AS found
        FROM account_fund f LEFT JOIN ({from_ledger(_EVERY_PRODUCT)}) l USING (account_no)
        WHERE f.product_yuan_days <> coalesce(l.product_yuan_days, 0)""",
    "each paid-through month is that of the last line that stands": """
        SELECT f.account_no AS subject, coalesce(l.last_month, 0) AS expected,
            f.paid_through_month AS found
        FROM account_fund f LEFT JOIN (
            SELECT account_no, max(to_month) AS last_month FROM ledger_line n
            WHERE credit_fen > 0 AND NOT EXISTS (
                SELECT 1 FROM ledger_line c WHERE c.corrects_serial_no = n.serial_no)
            GROUP BY account_no
        ) l USING (account_no) WHERE f.paid_through_month <> coalesce(l.last_month, 0)""",
    "a correcting line takes back exactly the one it corrects": """
        SELECT c.serial_no::text AS subject, o.credit_fen - o.debit_fen AS expected,
            c.debit_fen - c.credit_fen AS found
        FROM ledger_line c LEFT JOIN ledger_line o ON o.serial_no = c.corrects_serial_no
        WHERE c.corrects_serial_no IS NOT NULL
            AND (o.account_no, o.credit_fen, o.debit_fen) IS DISTINCT FROM (c.account_no, c.debit_fen, c.credit_fen)""",
    "nothing is dated within a year after that was settled": """
        SELECT l.serial_no::text AS subject, 0 AS expected, l.credit_fen - l.debit_fen AS found
        FROM ledger_line i JOIN ledger_line l ON l.account_no = i.account_no AND l.serial_no > i.serial_no
        WHERE i.interest_year IS NOT NULL AND l.posted_on < make_date(i.interest_year, 7, 1)
            AND l.business_kind <> '06'""",
    "interest on the ledger equals the interest expense": f"""
        SELECT 'interest' AS subject, l.total AS expected, j.total AS found
        FROM (SELECT coalesce(sum(credit_fen), 0) AS total FROM ledger_line WHERE interest_year IS NOT NULL) l,
             (SELECT coalesce(sum(amount_fen), 0) AS total FROM journal_leg WHERE account_code = '{INTEREST}') j
        WHERE l.total <> j.total""",
}

EMPLOYERS = {
    "each suspense equals its journal account": f"""
        SELECT f.employer_no AS subject, coalesce(j.total, 0) AS expected, f.suspense_fen AS found
        FROM employer_fund f LEFT JOIN (
            SELECT employer_no, -sum(amount_fen) AS total FROM journal_leg
            WHERE account_code = '{SUSPENSE}' GROUP BY employer_no
        ) j USING (employer_no) WHERE f.suspense_fen <> coalesce(j.total, 0)""",
    "each suspense equals what its statement lines moved": """
        SELECT f.employer_no AS subject, coalesce(s.total, 0) AS expected, f.suspense_fen AS found
        FROM employer_fund f LEFT JOIN (
            SELECT employer_no, sum(suspense_in_fen - suspense_out_fen) AS total FROM statement_line
            GROUP BY employer_no
        ) s USING (employer_no) WHERE f.suspense_fen <> coalesce(s.total, 0)""",
    "each suspense equals its last statement line": """
        SELECT f.employer_no AS subject, f.suspense_fen AS expected, s.suspense_after_fen AS found
        FROM employer_fund f JOIN (
            SELECT DISTINCT ON (employer_no) employer_no, suspense_after_fen FROM statement_line
            ORDER BY employer_no, statement_no DESC
        ) s USING (employer_no) WHERE f.suspense_fen <> s.suspense_after_fen""",
    "every business that moves an employer's money is on its statement": f"""
        SELECT m.registration_no || ' ' || m.employer_no AS subject, m.amount_fen AS expected, 0 AS found
        FROM (
            SELECT e.registration_no, l.employer_no, max(abs(l.amount_fen)) AS amount_fen
            FROM journal_entry e JOIN journal_leg l USING (entry_no)
            WHERE l.account_code IN ('{SUSPENSE}', '{PERSONAL}') GROUP BY e.registration_no, l.employer_no
        ) m LEFT JOIN statement_line s USING (registration_no, employer_no) WHERE s.statement_no IS NULL""",
    "each employer's balance equals its people's": """
        SELECT e.employer_no AS subject, coalesce(a.total, 0) AS expected, e.balance_fen AS found
        FROM employer_fund e LEFT JOIN (
            SELECT employer_no, sum(balance_fen) AS total FROM account_fund GROUP BY employer_no
        ) a USING (employer_no) WHERE e.balance_fen <> coalesce(a.total, 0)""",
    "each employer's balance equals its journal account": f"""
        SELECT f.employer_no AS subject, coalesce(j.total, 0) AS expected, f.balance_fen AS found
        FROM employer_fund f LEFT JOIN (
            SELECT employer_no, -sum(amount_fen) AS total FROM journal_leg
            WHERE account_code = '{PERSONAL}' GROUP BY employer_no
        ) j USING (employer_no) WHERE f.balance_fen <> coalesce(j.total, 0)""",
    "an employer's remitted months have no gap": """
        SELECT employer_no AS subject, max(month / 100 * 12 + month % 100)
            - min(month / 100 * 12 + month % 100) + 1 AS expected, count(*) AS found
        FROM remitted_month GROUP BY employer_no
        HAVING max(month / 100 * 12 + month % 100) - min(month / 100 * 12 + month % 100) + 1 <> count(*)""",
    "each remitted month's amount is on the ledger": """
        SELECT m.employer_no || ' ' || m.month AS subject, m.amount_fen AS expected,
            coalesce(l.total, 0) AS found
        FROM remitted_month m LEFT JOIN (
            SELECT registration_no, from_month AS month, sum(credit_fen) AS total FROM ledger_line
            WHERE business_kind = '01' AND transaction_type = '0' GROUP BY registration_no, from_month
        ) l USING (registration_no, month) WHERE m.amount_fen <> coalesce(l.total, 0)""",
}

BANK_SIDE = {
    "every payment of the bank is in the journal": f"""
        SELECT p.bank_reference AS subject, p.amount_fen AS expected, coalesce(j.total, 0) AS found
        FROM bank_payment p LEFT JOIN (
            SELECT e.registration_no, sum(l.amount_fen) AS total
            FROM journal_entry e JOIN journal_leg l USING (entry_no)
            WHERE l.account_code = '{BANK}' AND e.corrects_entry_no IS NULL GROUP BY e.registration_no
        ) j USING (registration_no) WHERE p.amount_fen <> coalesce(j.total, 0)""",
    "what a reversal takes off the bank's account is a payment recalled": f"""
        SELECT registration_no AS subject, coalesce(-r.amount_fen, 0) AS expected, coalesce(j.total, 0) AS found
        FROM (
            SELECT r.registration_no, p.amount_fen
            FROM bank_recall r JOIN bank_payment p ON p.registration_no = r.payment_registration_no
        ) r FULL JOIN (
            SELECT e.registration_no, sum(l.amount_fen) AS total
            FROM journal_entry e JOIN journal_leg l USING (entry_no)
            WHERE l.account_code = '{BANK}' AND e.registration_no IN (
                SELECT registration_no FROM journal_entry WHERE corrects_entry_no IS NOT NULL)
            GROUP BY e.registration_no
        ) j USING (registration_no) WHERE coalesce(-r.amount_fen, 0) <> coalesce(j.total, 0)""",
    "a payment is booked anew only when it was recalled": """
        SELECT n.registration_no AS subject, 0 AS expected, p.amount_fen AS found
        FROM bank_payment n JOIN bank_payment p ON p.registration_no = n.replaces_registration_no
        WHERE NOT EXISTS (SELECT 1 FROM bank_recall r WHERE r.payment_registration_no = p.registration_no)""",
    "payments that wait for allocation equal the unallocated account": f"""
        SELECT 'unallocated' AS subject, u.total AS expected, j.total AS found
        FROM (SELECT coalesce(sum(amount_fen), 0) AS total FROM unallocated_payment) u,
             (SELECT coalesce(-sum(amount_fen), 0) AS total FROM journal_leg
              WHERE account_code = '{UNALLOCATED}') j
        WHERE u.total <> j.total""",
}

INVARIANTS = {**JOURNAL, **PEOPLE, **EMPLOYERS, **BANK_SIDE}
