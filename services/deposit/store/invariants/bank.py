"""The bank's side: every payment with the journal's entries about it, and what waits unallocated."""

# ruff: noqa: S608  # every statement is joined from constants of this package

from __future__ import annotations

from services.deposit.domain.chart import BANK, SUSPENSE, UNALLOCATED
from services.deposit.store.invariants.invariant import Invariant

# Of an entry that touches both accounts both legs are the same amount.
_OF_THE_BANK = f"""
    SELECT e.entry_no, e.registration_no, e.corrects_entry_no, e.bank_reference, max(abs(l.amount_fen)) AS amount_fen,
        bool_or(l.account_code = '{BANK}') AS is_booking, bool_or(l.account_code = '{UNALLOCATED}') AS is_unallocated
    FROM journal_entry e JOIN journal_leg l USING (entry_no)
    WHERE l.account_code IN ('{BANK}', '{UNALLOCATED}') GROUP BY e.entry_no"""

INVARIANTS = (
    Invariant(
        "every payment of the bank is in the journal",
        "银行来款均有凭证",
        f"""
        SELECT p.bank_reference AS subject, p.amount_fen AS expected, coalesce(j.total, 0) AS found
        FROM bank_payment p LEFT JOIN (
            SELECT e.registration_no, e.bank_reference, sum(l.amount_fen) AS total
            FROM journal_entry e JOIN journal_leg l USING (entry_no)
            WHERE l.account_code = '{BANK}' AND e.corrects_entry_no IS NULL
            GROUP BY e.registration_no, e.bank_reference
        ) j USING (registration_no, bank_reference) WHERE p.amount_fen <> coalesce(j.total, 0)""",
    ),
    Invariant(
        "a payment was booked to whom the payer stated, or to nobody",
        "来款记入付款人所填单位，或未分摊来款",
        f"""
        SELECT p.bank_reference AS subject, p.amount_fen AS expected, 0 AS found
        FROM bank_payment p JOIN journal_entry e USING (registration_no) JOIN journal_leg l USING (entry_no)
        WHERE l.account_code = '{SUSPENSE}' AND l.employer_no <> p.employer_no""",
    ),
    # A payment is booked under its own number, and again only by the business that takes it back and keeps the money.
    Invariant(
        "every entry of the bank is of a payment",
        "银行存款和未分摊来款的凭证均有来款",
        f"""
        SELECT j.entry_no::text AS subject,
            (SELECT coalesce(max(p.amount_fen), 0) FROM bank_payment p WHERE p.bank_reference = j.bank_reference)
                AS expected, j.amount_fen AS found
        FROM ({_OF_THE_BANK}) j WHERE NOT EXISTS (
            SELECT 1 FROM bank_payment p
            WHERE p.bank_reference = j.bank_reference AND p.amount_fen = j.amount_fen
                AND (NOT j.is_booking OR j.corrects_entry_no IS NOT NULL OR j.registration_no = p.registration_no
                    OR EXISTS (
                        SELECT 1 FROM journal_entry k WHERE k.registration_no = j.registration_no
                            AND k.bank_reference = j.bank_reference AND k.corrects_entry_no IS NOT NULL)))""",
    ),
    Invariant(
        "a payment of the bank is booked once",
        "每笔银行来款只入账一次",
        f"""
        SELECT p.bank_reference AS subject, p.amount_fen AS expected, j.total AS found
        FROM bank_payment p JOIN (
            SELECT e.bank_reference, sum(l.amount_fen) AS total
            FROM journal_entry e JOIN journal_leg l USING (entry_no)
            WHERE l.account_code = '{BANK}' GROUP BY e.bank_reference
        ) j USING (bank_reference)
        WHERE j.total NOT IN (0, p.amount_fen)
            AND NOT EXISTS (SELECT 1 FROM bank_payment n WHERE n.replaces_registration_no = p.registration_no)""",
    ),
    Invariant(
        "what a reversal takes off the bank's account is a payment recalled",
        "冲减银行存款的冲正均为退回的来款",
        f"""
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
    ),
    Invariant(
        "a payment is booked anew only when it was recalled",
        "来款退回后方可重新入账",
        """
        SELECT n.registration_no AS subject, 0 AS expected, p.amount_fen AS found
        FROM bank_payment n JOIN bank_payment p ON p.registration_no = n.replaces_registration_no
        WHERE NOT EXISTS (SELECT 1 FROM bank_recall r WHERE r.payment_registration_no = p.registration_no)""",
    ),
    Invariant(
        "payments that wait for allocation equal the unallocated account",
        "待分摊来款合计等于未分摊来款科目",
        f"""
        SELECT 'unallocated' AS subject, u.total AS expected, j.total AS found
        FROM (SELECT coalesce(sum(amount_fen), 0) AS total FROM unallocated_payment) u,
             (SELECT coalesce(-sum(amount_fen), 0) AS total FROM journal_leg
              WHERE account_code = '{UNALLOCATED}') j
        WHERE u.total <> j.total""",
    ),
    Invariant(
        "each payment waits for allocation with what the journal has for it",
        "每笔待分摊来款等于其凭证",
        f"""
        SELECT bank_reference AS subject, coalesce(j.total, 0) AS expected, coalesce(u.amount_fen, 0) AS found
        FROM unallocated_payment u FULL JOIN (
            SELECT e.bank_reference, -sum(l.amount_fen) AS total
            FROM journal_entry e JOIN journal_leg l USING (entry_no)
            WHERE l.account_code = '{UNALLOCATED}' GROUP BY e.bank_reference
        ) j USING (bank_reference) WHERE coalesce(j.total, 0) <> coalesce(u.amount_fen, 0)""",
    ),
    Invariant(
        "every allocation is in the journal, and every such entry an allocation",
        "分摊记录与凭证一致",
        f"""
        SELECT concat_ws(' ', registration_no, bank_reference) AS subject,
            (j.entry_no IS NOT NULL)::int AS expected, (a.is_known IS NOT NULL)::int AS found
        FROM (SELECT *, true AS is_known FROM allocation) a FULL JOIN (
            SELECT * FROM ({_OF_THE_BANK}) e
            WHERE e.corrects_entry_no IS NULL AND e.is_unallocated AND NOT e.is_booking
        ) j USING (registration_no, bank_reference) WHERE j.entry_no IS NULL OR a.is_known IS NULL""",
        is_money=False,
    ),
)
