"""个人启封 (manual §5.3): contributions resume with a new base; rates and shares are derived afresh."""

from __future__ import annotations

from collections.abc import Iterator

from services.collection.domain import codes, rows
from services.collection.domain.account import Account, Term
from services.collection.domain.employer import Employer
from services.collection.domain.policy import Policies
from services.collection.errors import ACCOUNT_NOT_SEALED, UNSEALED_ALREADY
from services.kit.sheets.columns import Column, ColumnKind
from services.kit.worksheet.rows import ParsedRow, RowError

KEY = "unseal"
TITLE = "个人启封"

COLUMNS = (
    rows.ACCOUNT,
    Column("base", "缴存基数", ColumnKind.MONEY, required=True, example="5000.00", width=16),
    rows.EFFECTIVE,
    Column("unseal_kind", "启封类型", ColumnKind.CODE, required=True, width=16),
)


def faults_of_row(
    row: ParsedRow, account: Account, *, employer: Employer, policies: Policies
) -> Iterator[RowError]:
    """The account is sealed, the base is within policy, the month lies after what is paid."""
    if account.status != codes.ACCOUNT_SEALED:
        yield row.error("account_no", ACCOUNT_NOT_SEALED)
        return
    if account.last_term.active:
        yield row.error("account_no", UNSEALED_ALREADY, month=account.last_term.from_month)
        return
    policy = policies.in_month(row.month("effective_month"))
    base_faults = list(policy.faults_of_base(row.fen("base")))
    yield from rows.placed(row, "base", iter(base_faults))
    if not base_faults:
        monthly = resumed_term(row, account, employer=employer, policies=policies).monthly_fen
        yield from rows.placed(row, "base", policy.faults_of_monthly(monthly))
    yield from rows.faults_of_effective_month(row, account, employer)


def resumed_term(
    row: ParsedRow, account: Account, *, employer: Employer, policies: Policies
) -> Term:
    """The new base at the old rates, moved to the nearest limit that counts in the effective month."""
    month = row.month("effective_month")
    limits = employer.rates_in(month)
    employer_rate = limits.employer.nearest(account.last_term.employer_rate)
    employee_rate = limits.employee.nearest(account.last_term.employee_rate)
    shares = policies.in_month(month).shares(
        row.fen("base"), employer_rate=employer_rate, employee_rate=employee_rate
    )
    return Term(month, True, row.fen("base"), employer_rate, employee_rate, *shares)
