"""个人账户同城转移 (manual §5.4): to another open employer of the city, with the whole balance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from services.collection.domain import codes, rows
from services.collection.domain.account import Account, Term, with_rates
from services.collection.domain.employer import Employer
from services.collection.domain.policy import Policies
from services.collection.errors import (
    ACCOUNT_FROZEN,
    LATER_CHANGE_EXISTS,
    TARGET_IS_SOURCE,
    TARGET_NOT_OPEN,
    TARGET_UNKNOWN,
)
from services.kit.months import YearMonth
from services.kit.sheets.columns import Column, ColumnKind
from services.kit.worksheet.rows import ParsedRow, RowError
from services.kit.worksheet.spec import EchoColumn

KEY = "transfer"
TITLE = "个人账户同城转移"

HEADER = (
    Column(
        "target_employer_no",
        "转入单位账号",
        ColumnKind.ACCOUNT_NO,
        required=True,
        example="10700000010",
        width=18,
    ),
)
HEADER_ECHO = (
    EchoColumn("source_employer_no", "转出单位账号"),
    EchoColumn("source_name", "转出单位名称"),
    EchoColumn("target_name", "转入单位名称"),
    EchoColumn("target_branch", "转入账户机构"),
    EchoColumn("target_status", "转入单位账户状态"),
    EchoColumn("months", "缴存月份衔接"),
)
COLUMNS = (rows.ACCOUNT,)


def source_echo_of(source: Employer) -> dict[str, str]:
    """Whom the people leave."""
    return {"source_employer_no": source.employer_no, "source_name": source.profile.name}


def header_echo_of(target: Employer, *, source: Employer) -> dict[str, str]:
    """Who the target is, and what becomes of the months, shown before anything is submitted."""
    return {
        "target_name": target.profile.name,
        "target_branch": target.branch_name,
        "target_status": codes.EMPLOYER_STATUS_TITLES[target.status],
        "months": months_sentence(source.next_month, target),
    }


def months_sentence(ended: YearMonth, target: Employer) -> str:
    """Contributions begin at the target with its own next month due, wherever the source ended: months may be left
    out or come twice, which the clerk should know before and not find out afterwards. The target pays back what is
    left out, but nothing from before its own first month."""
    begins, first = target.next_month, target.first_month
    if ended < begins:
        left_out = f"{_span(ended, begins - 1)} 两单位均不汇缴"
        if ended >= first:
            return f"{left_out}，可由转入单位补缴"
        if begins > first:
            return f"{left_out}，其中 {_span(first, begins - 1)} 可由转入单位补缴"
        return f"{left_out}，也不能由转入单位补缴"
    if begins < ended:
        return f"{_span(begins, ended - 1)} 转出单位已汇缴，转入单位汇缴时会再次计入"
    return f"自 {begins} 起由转入单位汇缴"


def _span(first: YearMonth, last: YearMonth) -> str:
    return str(first) if first == last else f"{first} 至 {last}"


def faults_of_target(
    header: ParsedRow, *, employer: Employer, target: Employer | None
) -> Iterator[RowError]:
    """The target exists, is open, and is another employer."""
    if target is None:
        yield header.error("target_employer_no", TARGET_UNKNOWN)
    elif target.employer_no == employer.employer_no:
        yield header.error("target_employer_no", TARGET_IS_SOURCE)
    elif not is_open(target):
        yield header.error("target_employer_no", TARGET_NOT_OPEN)


def is_open(target: Employer) -> bool:
    """Whether people may be transferred to this employer."""
    return target.status not in (codes.EMPLOYER_CLOSED, codes.EMPLOYER_SEALED)


def faults_of_row(row: ParsedRow, account: Account) -> Iterator[RowError]:
    """The account is not frozen, and no sealing or unsealing lies ahead that would be lost."""
    if account.status == codes.ACCOUNT_FROZEN:
        yield row.error("account_no", ACCOUNT_FROZEN)
    elif account.last_term.active != (account.status == codes.ACCOUNT_ACTIVE):
        month = account.last_term.from_month
        yield row.error("account_no", LATER_CHANGE_EXISTS, month=month)


def left_term(account: Account, source: Employer) -> Term:
    """Nothing is due at the source after what it has paid."""
    return replace(account.last_term, from_month=source.next_month, active=False)


def joined_term(account: Account, target: Employer, *, policies: Policies) -> Term:
    """Contributions at the target start with its next due month, at its rates; a sealed person stays sealed."""
    month: YearMonth = target.next_month
    limits = target.rates_in(month)
    rates = {"employer_rate": limits.employer.high, "employee_rate": limits.employee.high}
    shares = policies.in_month(month).shares(account.last_term.base_fen, **rates)
    moved = with_rates(account.last_term, **rates, shares=shares)
    return replace(moved, from_month=month, active=account.last_term.active)
