"""Taking back what a business credited: mirror lines that name the old ones, and what has come to depend on them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, text

from services.deposit.domain.codes import BACK_PAYMENT, SUMMARY_CORRECTION, TRANSFER
from services.deposit.domain.reversal import Dependents
from services.deposit.store.product import moved, recount

# Of a remittance, who has left since counts also when they came back: their terms begin anew with the month after the
# one that was paid, and it would be due for them no more. A back payment moves no month; its money went with the
# account and is taken back where the account is now, so it only must be in the employer that paid it.
_DEPENDENTS = text(
    """
    WITH credited AS (
        SELECT account_no, sum(credit_fen) AS amount_fen, min(posted_on) AS posted_on, max(serial_no) AS serial_no
        FROM ledger_line WHERE registration_no = :registration_no GROUP BY account_no
    ), found AS (
        SELECT account_no, f.balance_fen < c.amount_fen AS has_spent, f.product_from > c.posted_on AS got_interest,
            f.employer_no <> :employer_no OR :is_remittance AND EXISTS (
                SELECT 1 FROM ledger_line t WHERE t.account_no = c.account_no AND t.serial_no > c.serial_no
                    AND t.business_kind = :transfer
            ) AS has_left
        FROM credited c JOIN account_fund f USING (account_no)
    )
    SELECT account_no, has_left, has_spent, got_interest FROM found
    WHERE has_left OR has_spent OR got_interest
    ORDER BY account_no
    """
)

# A back payment of a month relies on that month being remitted.
_BACK_PAID = text(
    """
    SELECT DISTINCT account_no FROM ledger_line b
    WHERE b.employer_no = :employer_no AND b.business_kind = :back_payment AND b.credit_fen > 0
        AND b.to_month >= :from_month AND b.registration_no <> :registration_no
        AND b.serial_no > (SELECT max(serial_no) FROM ledger_line WHERE registration_no = :registration_no)
        AND NOT EXISTS (SELECT 1 FROM ledger_line c WHERE c.corrects_serial_no = b.serial_no)
    ORDER BY account_no
    """
)

_TAKE_BACK = text(
    f"""
    WITH taken AS (
        SELECT serial_no, account_no, business_kind, credit_fen, base_fen, from_month, to_month
        FROM ledger_line WHERE registration_no = :reversed
    ), fund AS MATERIALIZED (
        SELECT account_no, balance_fen FROM account_fund
        WHERE account_no IN (SELECT account_no FROM taken) ORDER BY account_no FOR UPDATE
    ), lines AS (
        INSERT INTO ledger_line (account_no, employer_no, registration_no, posted_on, business_kind,
            transaction_type, summary, debit_fen, balance_after_fen, base_fen, from_month, to_month,
            corrects_serial_no)
        SELECT taken.account_no, :employer_no, :registration_no, :posted_on, taken.business_kind,
            :transaction_type, :summary, taken.credit_fen,
            fund.balance_fen
                - sum(taken.credit_fen) OVER (PARTITION BY taken.account_no ORDER BY taken.serial_no DESC),
            taken.base_fen, taken.from_month, taken.to_month, taken.serial_no
        FROM taken JOIN fund USING (account_no) ORDER BY taken.serial_no DESC
        RETURNING account_no, debit_fen
    ), debited AS (
        SELECT account_no, sum(debit_fen)::bigint AS debit_fen FROM lines GROUP BY account_no
    ), still_paid AS (
        SELECT account_no, max(to_month) AS to_month FROM ledger_line n
        WHERE account_no IN (SELECT account_no FROM taken) AND corrects_serial_no IS NULL
            AND registration_no <> :reversed
            AND NOT EXISTS (SELECT 1 FROM ledger_line c WHERE c.corrects_serial_no = n.serial_no)
        GROUP BY account_no
    ), moved AS (
        UPDATE account_fund f SET {moved("(-d.debit_fen)")},
            paid_through_month = coalesce((SELECT to_month FROM still_paid s WHERE s.account_no = f.account_no), 0)
        FROM debited d WHERE f.account_no = d.account_no
        RETURNING d.debit_fen, f.account_no, f.product_through > :posted_on AS recount
    )
    SELECT (SELECT count(*) FROM lines) AS lines, count(*) AS people,
        coalesce(sum(debit_fen), 0)::bigint AS debited_fen,
        coalesce(array_agg(account_no) FILTER (WHERE recount), '{{}}') AS recount
    FROM moved
    """  # noqa: S608  # joined from constants of this package
)


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What a reversal did on the ledger: lines written, people debited, fen in all."""

    lines: int
    people: int
    debited_fen: int


def dependents_of(
    connection: Connection, registration_no: str, *, employer_no: str, paid_from_month: int
) -> Dependents:
    """What has happened since to those whom a business of the employer credited. With `paid_from_month` the
    business is a remittance from that month on, which back payments may rely on; 0 for a back payment."""
    values = {
        "registration_no": registration_no,
        "employer_no": employer_no,
        "transfer": TRANSFER,
        "is_remittance": bool(paid_from_month),
    }
    rows = connection.execute(_DEPENDENTS, values).all()
    back_paid = (
        connection.execute(
            _BACK_PAID,
            {**values, "from_month": paid_from_month, "back_payment": BACK_PAYMENT},
        ).scalars()
        if paid_from_month
        else ()
    )
    return Dependents(
        left=[row.account_no for row in rows if row.has_left],
        spent=[row.account_no for row in rows if row.has_spent],
        paid_interest=[row.account_no for row in rows if row.got_interest],
        back_paid=list(back_paid),
    )


def take_back_lines(
    connection: Connection,
    reversed_registration_no: str,
    *,
    registration_no: str,
    employer_no: str,
    posted_on: date,
    transaction_type: str,
) -> TakenBack:
    """Write the mirror of every line of a business, newest first; balances, months and daily products go back."""
    row = connection.execute(
        _TAKE_BACK,
        {
            "reversed": reversed_registration_no,
            "registration_no": registration_no,
            "employer_no": employer_no,
            "posted_on": posted_on,
            "transaction_type": transaction_type,
            "summary": SUMMARY_CORRECTION,
        },
    ).one()
    recount(connection, row.recount)
    return TakenBack(row.lines, row.people, row.debited_fen)
