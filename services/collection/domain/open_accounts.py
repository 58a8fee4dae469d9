"""个人账户设立 (manual §5.1): its columns and its rules for each row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from services.collection.domain import codes
from services.collection.domain.account import Term
from services.collection.domain.employer import Employer
from services.collection.domain.policy import Policies
from services.collection.errors import (
    ACCOUNT_ACTIVE_ELSEWHERE,
    ACCOUNT_ACTIVE_HERE,
    ACCOUNT_SEALED_ELSEWHERE,
    EFFECTIVE_BEFORE_FIRST_MONTH,
    EFFECTIVE_MONTH_PAID,
    RATE_OUTSIDE_LIMITS,
)
from services.kit.errors import DomainError, Reason
from services.kit.idnumbers import ID_TYPE_TITLES_ZH
from services.kit.months import YearMonth
from services.kit.sheets.columns import Choice, Column, ColumnKind
from services.kit.worksheet.rows import ParsedRow, RowError

KEY = "open_accounts"
TITLE = "个人账户设立"

COLUMNS = (
    Column("name", "姓名", ColumnKind.NAME, required=True, example="张三", width=12),
    Column(
        "id_type",
        "证件类型",
        ColumnKind.CODE,
        required=True,
        example="身份证",
        width=18,
        choices=tuple(Choice(str(code), title) for code, title in ID_TYPE_TITLES_ZH.items()),
    ),
    Column(
        "id_number",
        "证件号码",
        ColumnKind.ID_NUMBER,
        required=True,
        example="130702199003071236",
        hint_zh="请以文本格式填写，末位 X 大写",
        width=24,
        id_type_from="id_type",
    ),
    Column("mobile", "手机号码", ColumnKind.MOBILE, required=True, example="13800001234", width=16),
    Column(
        "base",
        "个人缴存基数",
        ColumnKind.MONEY,
        required=True,
        example="5000.00",
        hint_zh="职工本人上一年度月平均工资，单位为元",
        width=16,
    ),
    Column(
        "employer_rate",
        "单位缴存比例(%)",
        ColumnKind.PERCENT,
        example="12",
        hint_zh="不填则按单位当前比例",
        width=18,
        aliases_zh=("单位比例", "单位缴存比例"),
    ),
    Column(
        "employee_rate",
        "个人缴存比例(%)",
        ColumnKind.PERCENT,
        example="10",
        hint_zh="不填则按单位当前比例",
        width=18,
        aliases_zh=("个人比例", "个人缴存比例"),
    ),
    Column(
        "effective_month",
        "启用年月",
        ColumnKind.MONTH,
        required=True,
        example="201909",
        hint_zh="年月格式为：201909",
        width=12,
    ),
)

#: One person may stand on the list once.
UNIQUE = (("id_number", "id_type"),)


@dataclass(frozen=True, slots=True)
class OpenAccount:
    """Where a person already has an open account, as far as this employer may know."""

    here: bool
    status: str


@dataclass(frozen=True, slots=True)
class Admission:
    """One row understood as what it asks for: a person and the first term."""

    name: str
    id_type: str
    id_number: str
    mobile: str
    term: Term


def admission_of(row: ParsedRow, *, employer: Employer, policies: Policies) -> Admission:
    """The person and the term that a row asks for."""
    return Admission(
        name=row.text("name"),
        id_type=row.text("id_type"),
        id_number=row.text("id_number"),
        mobile=row.text("mobile"),
        term=term_of(row, employer=employer, policies=policies),
    )


def term_of(row: ParsedRow, *, employer: Employer, policies: Policies) -> Term:
    """The term that a row's base and month ask for; rates default to the employer's upper limits."""
    rates = employer.rates_in(row.month("effective_month"))
    employer_rate = row.percent("employer_rate", rates.employer.high)
    employee_rate = row.percent("employee_rate", rates.employee.high)
    base = row.fen("base")
    policy = policies.in_month(row.month("effective_month"))
    employer_share, employee_share = policy.shares(
        base, employer_rate=employer_rate, employee_rate=employee_rate
    )
    return Term(
        from_month=row.month("effective_month"),
        active=True,
        base_fen=base,
        employer_rate=employer_rate,
        employee_rate=employee_rate,
        employer_share_fen=employer_share,
        employee_share_fen=employee_share,
    )


def faults_of_row(
    row: ParsedRow,
    *,
    employer: Employer,
    policies: Policies,
    open_accounts: Mapping[tuple[str, str], OpenAccount],
) -> Iterator[RowError]:
    """Everything that the rules of §5.1 have against one row."""
    admission = admission_of(row, employer=employer, policies=policies)
    policy = policies.in_month(admission.term.from_month)
    base_faults = list(policy.faults_of_base(admission.term.base_fen))
    yield from _at(row, "base", base_faults)
    if not base_faults:
        yield from _at(row, "base", policy.faults_of_monthly(admission.term.monthly_fen))
    rates = employer.rates_in(admission.term.from_month)
    limits = (("employer_rate", rates.employer), ("employee_rate", rates.employee))
    for key, allowed in limits:
        if getattr(admission.term, key) not in allowed:
            yield row.error(key, RATE_OUTSIDE_LIMITS, floor=allowed.low, ceiling=allowed.high)
    yield from _faults_of_month(row, admission.term.from_month, employer)
    known = open_accounts.get((admission.id_type, admission.id_number))
    if known is not None:
        yield row.error("id_number", _reason_for(known))


def _faults_of_month(row: ParsedRow, month: YearMonth, employer: Employer) -> Iterator[RowError]:
    if employer.paid_through is not None and month <= employer.paid_through:
        yield row.error("effective_month", EFFECTIVE_MONTH_PAID, paid_through=employer.paid_through)
    elif month < employer.first_month:
        yield row.error(
            "effective_month", EFFECTIVE_BEFORE_FIRST_MONTH, first_month=employer.first_month
        )


def _reason_for(known: OpenAccount) -> Reason:
    if known.here:
        return ACCOUNT_ACTIVE_HERE
    if known.status == codes.ACCOUNT_SEALED:
        return ACCOUNT_SEALED_ELSEWHERE
    return ACCOUNT_ACTIVE_ELSEWHERE


def _at(
    row: ParsedRow, key: str, faults: Iterator[DomainError] | list[DomainError]
) -> Iterator[RowError]:
    for fault in faults:
        yield row.error(key, fault.reason, **fault.facts)
