"""What is due from an employer's people in a run of months, as their dated terms say (manual §6.1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, text

from services.collection.domain.roster import DueLines
from services.kit.months import YearMonth

# A term counts until the one after it begins: December is followed by January of the next hundred.
_DUE_LINES = """
    SELECT account_no, greatest(from_month, :first) AS from_month,
        CASE WHEN next_month IS NULL THEN :last
             WHEN next_month % 100 = 1 THEN next_month - 89 ELSE next_month - 1 END AS to_month,
        employer_share_fen, employee_share_fen, base_fen
    FROM (
        SELECT account_no, from_month, active, employer_share_fen, employee_share_fen, base_fen,
            lead(from_month) OVER (PARTITION BY account_no ORDER BY from_month) AS next_month
        FROM account_term WHERE employer_no = :employer_no AND from_month <= :last
    ) AS terms WHERE active AND coalesce(next_month > :first, true)
"""
_DUE_LINES_IN_ORDER = text(_DUE_LINES + " ORDER BY terms.account_no, terms.from_month")
_TOTALS = text(
    f"""
    SELECT coalesce(sum(base_fen), 0), coalesce(sum(employer_share_fen + employee_share_fen), 0)
    FROM ({_DUE_LINES}) AS due
    """  # noqa: S608  # joined from constants of this module
)


def due_lines(connection: Connection, employer_no: str, months: Sequence[YearMonth]) -> DueLines:
    """Everybody who is active in some of `months`, which follow each other, under the terms that count then."""
    rows = connection.execute(_DUE_LINES_IN_ORDER, _due_in(employer_no, months)).all()
    return DueLines(*zip(*rows, strict=True))


def totals_in(connection: Connection, employer_no: str, month: YearMonth) -> tuple[int, int]:
    """Σ base and Σ monthly of everybody who is active in `month`, in fen."""
    base_fen, monthly_fen = connection.execute(_TOTALS, _due_in(employer_no, [month])).one()
    return int(base_fen), int(monthly_fen)


def _due_in(employer_no: str, months: Sequence[YearMonth]) -> dict[str, Any]:
    return {
        "employer_no": employer_no,
        "first": months[0].to_int(),
        "last": months[-1].to_int(),
    }
