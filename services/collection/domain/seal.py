"""个人封存 (manual §5.2): from the effective month on nothing is due."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from services.collection.domain import codes, rows
from services.collection.domain.account import Account, Term
from services.collection.domain.employer import Employer
from services.collection.errors import ACCOUNT_NOT_ACTIVE, SEALED_ALREADY
from services.kit.months import YearMonth
from services.kit.sheets.columns import Column, ColumnKind
from services.kit.worksheet.rows import ParsedRow, RowError

KEY = "seal"
TITLE = "个人封存"

COLUMNS = (
    rows.ACCOUNT,
    Column("seal_reason", "封存原因", ColumnKind.CODE, required=True, width=22),
    replace(rows.EFFECTIVE, title_zh="封存启用年月", aliases_zh=("启用年月",), width=14),
)


def faults_of_row(row: ParsedRow, account: Account, *, employer: Employer) -> Iterator[RowError]:
    """The account is active, and its effective month lies after what is paid."""
    if account.status != codes.ACCOUNT_ACTIVE:
        yield row.error("account_no", ACCOUNT_NOT_ACTIVE)
    elif not account.last_term.active:
        yield row.error("account_no", SEALED_ALREADY, month=account.last_term.from_month)
    else:
        yield from rows.faults_of_paid_month(row, employer)


def sealed_term(account: Account, month: YearMonth) -> Term:
    """The same base and rates, but nothing is due from `month` on; changes accepted for later months fall away."""
    return replace(account.last_term, from_month=month, active=False)
