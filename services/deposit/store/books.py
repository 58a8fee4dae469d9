"""Verifies the invariants of the books, each by one set-based statement that names what breaks."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, text

from services.deposit.domain.chart import TITLES
from services.deposit.store.invariants import INVARIANTS, Invariant

FINDINGS_MAX = 100
#: Of one invariant: what is wrong a thousand times over must not hide what else is wrong.
FINDINGS_OF_ONE_MAX = 20

#: Each statement may read all the lines of the city; the usual limit is made for those of one employer.
STATEMENT_TIMEOUT_MS = 600_000


@dataclass(frozen=True, slots=True)
class Finding:
    """One broken invariant: where, what the books should say and what they say, in the invariant's figures."""

    invariant: Invariant
    subject: str
    expected: int
    found: int


def broken_invariants(connection: Connection) -> list[Finding]:
    """What is wrong with the books, at most FINDINGS_MAX, FINDINGS_OF_ONE_MAX of each invariant; empty when they are
    clean."""
    connection.execute(text(f"SET LOCAL statement_timeout = {STATEMENT_TIMEOUT_MS}"))
    findings: list[Finding] = []
    for invariant in INVARIANTS.values():
        room = min(FINDINGS_OF_ONE_MAX, FINDINGS_MAX - len(findings))
        rows = connection.execute(text(f"{invariant.statement} LIMIT {room}"))
        findings += [
            Finding(invariant, row.subject, int(row.expected), int(row.found)) for row in rows
        ]
        if len(findings) >= FINDINGS_MAX:
            break
    return findings


def trial_balance(connection: Connection) -> list[tuple[str, int, int]]:
    """`(account_code, debit_fen, credit_fen)` of every account of the chart, those without entries too."""
    rows = connection.execute(
        text(
            "SELECT account_code, coalesce(sum(amount_fen) FILTER (WHERE amount_fen > 0), 0) AS debit,"
            " coalesce(-sum(amount_fen) FILTER (WHERE amount_fen < 0), 0) AS credit"
            " FROM journal_leg GROUP BY account_code"
        )
    )
    sums = {row.account_code: (int(row.debit), int(row.credit)) for row in rows}
    return [(code, *sums.get(code, (0, 0))) for code in TITLES]


def counts(connection: Connection) -> tuple[int, int, int]:
    """How many accounts, ledger lines and journal entries there are."""
    row = connection.execute(
        text(
            "SELECT (SELECT count(*) FROM account_fund) AS accounts,"
            " (SELECT count(*) FROM ledger_line) AS lines, (SELECT count(*) FROM journal_entry) AS entries"
        )
    ).one()
    return row.accounts, row.lines, row.entries
