"""同城转移 on the ledger (manual §5.4): whole balances leave one employer and join another, line by line in pairs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Connection, text

from services.deposit.domain.codes import (
    NORMAL,
    SUMMARY_TRANSFER_IN,
    SUMMARY_TRANSFER_OUT,
    TRANSFER,
)

# The balance stays what it is over the pair, so the daily product does not change.
_OUT = text(
    """
    INSERT INTO ledger_line (account_no, employer_no, registration_no, posted_on, business_kind,
        transaction_type, summary, debit_fen, balance_after_fen, base_fen)
    SELECT account_no, employer_no, :registration_no, :posted_on, :business_kind,
        :transaction_type, :out_summary, balance_fen, 0, base_fen
    FROM account_fund WHERE employer_no = :source AND account_no = ANY(:accounts ::text[])
    ORDER BY account_no
    """
)
_IN = text(
    """
    INSERT INTO ledger_line (account_no, employer_no, registration_no, posted_on, business_kind,
        transaction_type, summary, credit_fen, balance_after_fen, base_fen)
    SELECT account_no, :target, :registration_no, :posted_on, :business_kind,
        :transaction_type, :in_summary, balance_fen, balance_fen, base_fen
    FROM account_fund WHERE employer_no = :source AND account_no = ANY(:accounts ::text[])
    ORDER BY account_no
    """
)
_MOVE = text(
    """
    UPDATE account_fund SET employer_no = :target
    WHERE employer_no = :source AND account_no = ANY(:accounts ::text[])
    """
)


def move_accounts(
    connection: Connection,
    account_nos: Sequence[str],
    *,
    source: str,
    target: str,
    registration_no: str,
    posted_on: date,
) -> None:
    """Move accounts of `source`, held by the caller, with all they have to `target`."""
    values = {
        "accounts": list(account_nos),
        "source": source,
        "target": target,
        "registration_no": registration_no,
        "posted_on": posted_on,
        "business_kind": TRANSFER,
        "transaction_type": NORMAL,
        "out_summary": SUMMARY_TRANSFER_OUT,
        "in_summary": SUMMARY_TRANSFER_IN,
    }
    for statement in (_OUT, _IN, _MOVE):
        connection.execute(statement, values)
