"""What the lists about existing accounts have in common: the account column, who it is, from when a change counts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

from services.collection.domain.account import Account, Term
from services.collection.domain.codes import ACCOUNT_STATUS_TITLES
from services.collection.domain.employer import Employer
from services.collection.errors import (
    ACCOUNT_NOT_HERE,
    EFFECTIVE_MONTH_PAID,
    LATER_CHANGE_EXISTS,
)
from services.kit.errors import DomainError
from services.kit.idnumbers import mask_id_number
from services.kit.money import format_yuan
from services.kit.sheets.columns import Column, ColumnKind
from services.kit.worksheet.rows import ParsedRow, RowError
from services.kit.worksheet.spec import EchoColumn

ACCOUNT = Column(
    "account_no",
    "个人账号",
    ColumnKind.ACCOUNT_NO,
    required=True,
    example="2070000000015",
    hint_zh="录入后返显姓名等信息",
    width=18,
    aliases_zh=("个人账户",),
)
EFFECTIVE = Column(
    "effective_month",
    "启用年月",
    ColumnKind.MONTH,
    required=True,
    example="201909",
    hint_zh="年月格式为：201909",
    width=12,
)
#: An account may stand on a list once.
UNIQUE = (("account_no",),)

#: 录入后返显.
ECHO = (
    EchoColumn("name", "姓名"),
    EchoColumn("id_number", "证件号码"),
    EchoColumn("status", "个人账户状态"),
    EchoColumn("balance", "个人账户余额"),
)


#: 月缴额 beside a row, as the base and the month that were typed make it.
SHARES_ECHO = (
    EchoColumn("employer_share", "单位月缴"),
    EchoColumn("employee_share", "个人月缴"),
    EchoColumn("monthly", "月缴额"),
)


def shares_of(term: Term) -> dict[str, str]:
    """Both shares and their sum."""
    return {
        "employer_share": format_yuan(term.employer_share_fen, grouping=True),
        "employee_share": format_yuan(term.employee_share_fen, grouping=True),
        "monthly": format_yuan(term.monthly_fen, grouping=True),
    }


def echo_of(account: Account) -> dict[str, str]:
    """What is shown when an account number has been typed."""
    return {
        "name": account.name,
        "id_number": mask_id_number(account.id_number),
        "status": ACCOUNT_STATUS_TITLES[account.status],
        "balance": format_yuan(account.balance_fen, grouping=True),
    }


class AccountRule(Protocol):
    """What one business has against one row about an account that is here."""

    def __call__(self, row: ParsedRow, account: Account) -> Iterator[RowError]: ...


def faults_of_accounts(
    rows: Iterable[ParsedRow], accounts: Mapping[str, Account], rule: AccountRule
) -> Iterator[RowError]:
    """Rows about accounts that are not this employer's, and what `rule` has against the others."""
    for row in rows:
        account = accounts.get(row.text("account_no"))
        if account is None:
            yield row.error("account_no", ACCOUNT_NOT_HERE)
        else:
            yield from rule(row, account)


def faults_of_paid_month(row: ParsedRow, employer: Employer) -> Iterator[RowError]:
    """A change counts after what is paid."""
    if row.month("effective_month") < employer.next_month:
        paid = employer.next_month - 1
        yield row.error("effective_month", EFFECTIVE_MONTH_PAID, paid_through=paid)


def faults_of_effective_month(
    row: ParsedRow, account: Account, employer: Employer
) -> Iterator[RowError]:
    """A change counts after what is paid, and not before the sealing that it ends."""
    month = row.month("effective_month")
    if month < employer.next_month:
        yield from faults_of_paid_month(row, employer)
    elif month < account.last_term.from_month:
        yield row.error("effective_month", LATER_CHANGE_EXISTS, month=account.last_term.from_month)


def placed(row: ParsedRow, key: str, faults: Iterator[DomainError]) -> Iterator[RowError]:
    """Faults of a value as errors of the row's cell."""
    for fault in faults:
        yield row.error(key, fault.reason, **fault.facts)
