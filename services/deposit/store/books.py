"""Verifies the invariants of the books, each by one set-based statement that names what breaks."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, text

FINDINGS_MAX = 100


@dataclass(frozen=True, slots=True)
class Finding:
    """One broken invariant: where, what the books should say and what they say, in fen."""

    invariant: str
    subject: str
    expected_fen: int
    found_fen: int


# Every statement returns (subject, expected, found) for what breaks, and nothing when all is well.
_INVARIANTS = {
    "the journal sums to zero": """
        SELECT 'journal' AS subject, 0 AS expected, coalesce(sum(amount_fen), 0) AS found
        FROM journal_leg HAVING coalesce(sum(amount_fen), 0) <> 0""",
    "every entry sums to zero": """
        SELECT entry_no::text AS subject, 0 AS expected, sum(amount_fen) AS found
        FROM journal_leg GROUP BY entry_no HAVING sum(amount_fen) <> 0""",
    "personal balances equal the personal deposits account": """
        SELECT 'personal deposits' AS subject, b.total AS expected, j.total AS found
        FROM (SELECT coalesce(sum(balance_fen), 0) AS total FROM account_fund) b,
             (SELECT coalesce(-sum(amount_fen), 0) AS total FROM journal_leg
              WHERE account_code = '2002') j
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
    "each suspense equals its journal account": """
        SELECT f.employer_no AS subject, coalesce(j.total, 0) AS expected, f.suspense_fen AS found
        FROM employer_fund f LEFT JOIN (
            SELECT employer_no, -sum(amount_fen) AS total FROM journal_leg
            WHERE account_code = '2001' GROUP BY employer_no
        ) j USING (employer_no) WHERE f.suspense_fen <> coalesce(j.total, 0)""",
    "each suspense equals its last statement line": """
        SELECT f.employer_no AS subject, f.suspense_fen AS expected, s.suspense_after_fen AS found
        FROM employer_fund f JOIN (
            SELECT DISTINCT ON (employer_no) employer_no, suspense_after_fen FROM statement_line
            ORDER BY employer_no, statement_no DESC
        ) s USING (employer_no) WHERE f.suspense_fen <> s.suspense_after_fen""",
    "each employer's balance equals its people's": """
        SELECT e.employer_no AS subject, coalesce(a.total, 0) AS expected, e.balance_fen AS found
        FROM employer_fund e LEFT JOIN (
            SELECT employer_no, sum(balance_fen) AS total FROM account_fund GROUP BY employer_no
        ) a USING (employer_no) WHERE e.balance_fen <> coalesce(a.total, 0)""",
    "every payment of the bank is in the journal": """
        SELECT p.bank_reference AS subject, p.amount_fen AS expected, coalesce(j.total, 0) AS found
        FROM bank_payment p LEFT JOIN (
            SELECT e.registration_no, sum(l.amount_fen) AS total
            FROM journal_entry e JOIN journal_leg l USING (entry_no)
            WHERE l.account_code = '1001' AND e.corrects_entry_no IS NULL GROUP BY e.registration_no
        ) j USING (registration_no) WHERE p.amount_fen <> coalesce(j.total, 0)""",
}


def broken_invariants(connection: Connection) -> list[Finding]:
    """Everything that is wrong with the books, at most FINDINGS_MAX; empty when they are clean."""
    findings: list[Finding] = []
    for invariant, statement in _INVARIANTS.items():
        room = FINDINGS_MAX - len(findings)
        rows = connection.execute(text(f"{statement} LIMIT {room}"))
        findings += [
            Finding(invariant, row.subject, int(row.expected), int(row.found)) for row in rows
        ]
        if len(findings) >= FINDINGS_MAX:
            break
    return findings


def trial_balance(connection: Connection) -> list[tuple[str, int, int]]:
    """`(account_code, debit_fen, credit_fen)` of every account of the chart."""
    rows = connection.execute(
        text(
            "SELECT account_code, coalesce(sum(amount_fen) FILTER (WHERE amount_fen > 0), 0) AS debit,"
            " coalesce(-sum(amount_fen) FILTER (WHERE amount_fen < 0), 0) AS credit"
            " FROM journal_leg GROUP BY account_code ORDER BY account_code"
        )
    )
    return [(row.account_code, int(row.debit), int(row.credit)) for row in rows]


def counts(connection: Connection) -> tuple[int, int, int]:
    """How many accounts, ledger lines and journal entries there are."""
    row = connection.execute(
        text(
            "SELECT (SELECT count(*) FROM account_fund) AS accounts,"
            " (SELECT count(*) FROM ledger_line) AS lines, (SELECT count(*) FROM journal_entry) AS entries"
        )
    ).one()
    return row.accounts, row.lines, row.entries
