"""Which months somebody's ledger has paid in full, by 汇缴 or 正常全额补缴, in whichever employer (manual §6.2)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, text

from services.deposit.domain.back_payment import PaidRun
from services.deposit.domain.codes import (
    BACK_PAYMENT,
    REMITTANCE,
    SUMMARY_BACK_PAYMENT_FULL,
)
from services.deposit.store.credits import BackPaymentRow
from services.kit.months import YearMonth


def _index(month: str) -> str:
    """Months counted from year 0, so that neighbours differ by one; _number is the way back."""
    return f"({month}) / 100 * 12 + ({month}) % 100 - 1"


def _number(index: str) -> str:
    return f"({index}) / 12 * 100 + ({index}) % 12 + 1"


# One read of each account's lines, however many months a row has; a line that was taken back pays nothing.
_PAID = text(
    f"""
    WITH asked AS (
        SELECT * FROM unnest(:places ::int[], :accounts ::text[], :from_months ::int[], :to_months ::int[])
            AS r(row_number, account_no, from_month, to_month)
        WHERE from_month <= to_month
    ), paid AS (
        SELECT row_number, range_agg(int4range(
            {_index("greatest(l.from_month, asked.from_month)")},
            {_index("least(l.to_month, asked.to_month)")}, '[]')) AS runs
        FROM asked JOIN ledger_line l ON l.account_no = asked.account_no
            AND l.from_month <= asked.to_month AND l.to_month >= asked.from_month
        WHERE (l.business_kind = :remittance OR l.business_kind = :back_payment AND l.summary = :full)
            AND l.corrects_serial_no IS NULL
            AND NOT EXISTS (SELECT 1 FROM ledger_line c WHERE c.corrects_serial_no = l.serial_no)
        GROUP BY row_number
    )
    SELECT row_number, {_number("lower(run)")} AS first_month, {_number("upper(run) - 1")} AS last_month
    FROM paid CROSS JOIN LATERAL unnest(runs) AS run
    ORDER BY row_number, first_month
    """  # noqa: S608  # joined from constants of this module
)


def paid_in_full(connection: Connection, rows: Sequence[BackPaymentRow]) -> list[PaidRun]:
    """Which months of the rows are paid in full already, in order of rows and months; none for backward months."""
    found = connection.execute(
        _PAID,
        {
            "places": [each.row_number for each in rows],
            "accounts": [each.account_no for each in rows],
            "from_months": [each.from_month for each in rows],
            "to_months": [each.to_month for each in rows],
            "remittance": REMITTANCE,
            "back_payment": BACK_PAYMENT,
            "full": SUMMARY_BACK_PAYMENT_FULL,
        },
    )
    return [
        PaidRun(row.row_number, *map(YearMonth.from_int, (row.first_month, row.last_month)))
        for row in found
    ]
