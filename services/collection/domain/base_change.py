"""缴存基数调整 (manual §5.7): only the base changes, from the next month due; the new monthly follows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from services.collection.domain import codes, rows
from services.collection.domain.account import Account, Term
from services.collection.domain.employer import Employer
from services.collection.domain.policy import Policies
from services.collection.errors import ACCOUNT_NOT_ACTIVE, BASE_UNCHANGED, SEALED_ALREADY
from services.kit.money import format_yuan
from services.kit.sheets.columns import Column, ColumnKind
from services.kit.worksheet.rows import ParsedRow, RowError
from services.kit.worksheet.spec import EchoColumn

KEY = "base_change"
TITLE = "缴存基数调整"

COLUMNS = (
    rows.ACCOUNT,
    Column(
        "base",
        "缴存基数",
        ColumnKind.MONEY,
        required=True,
        example="5000.00",
        hint_zh="调整后的缴存基数，单位为元",
        width=16,
    ),
)
ECHO = (
    EchoColumn("name", "姓名"),
    EchoColumn("employer_rate", "单位缴存比例(%)"),
    EchoColumn("employee_rate", "个人缴存比例(%)"),
    EchoColumn("base_before", "调整前缴存基数"),
    EchoColumn("monthly_after", "月缴存额"),
)


def faults_of_row(
    row: ParsedRow,
    account: Account,
    *,
    employer: Employer,
    policies: Policies,
    known: Mapping[str, Sequence[Term]],
) -> Iterator[RowError]:
    """The account is active, and the new base is another one within the policy of the month it counts from.

    `known` are all the terms of each account, by month.
    """
    if account.status != codes.ACCOUNT_ACTIVE:
        yield row.error("account_no", ACCOUNT_NOT_ACTIVE)
        return
    if not account.last_term.active:
        yield row.error("account_no", SEALED_ALREADY, month=account.last_term.from_month)
        return
    base = row.fen("base")
    if base == account.last_term.base_fen:
        yield row.error("base", BASE_UNCHANGED)
        return
    fresh = changed_terms(base, known[account.account_no], employer=employer, policies=policies)
    policy = policies.in_month(fresh[0].from_month)
    base_faults = list(policy.faults_of_base(base))
    yield from rows.placed(row, "base", iter(base_faults))
    if not base_faults:
        yield from rows.placed(row, "base", policy.faults_of_monthly(fresh[0].monthly_fen))


def changed_terms(
    base_fen: int, terms: Sequence[Term], *, employer: Employer, policies: Policies
) -> list[Term]:
    """The person's terms from the next month due on, with another base and the shares that follow from it.

    `terms` are all the person's terms by month; a person who starts later changes from that month on, and rates that
    were set for later months stay as they are.
    """
    month = max(employer.next_month, terms[0].from_month)
    counting = [term for term in terms if term.from_month <= month][-1]
    later = [term for term in terms if term.from_month > month]
    return [
        _changed(base_fen, term, policies=policies)
        for term in (replace(counting, from_month=month), *later)
    ]


def _changed(base_fen: int, term: Term, *, policies: Policies) -> Term:
    """The same term with another base and the shares that follow from it in its month."""
    shares = policies.in_month(term.from_month).shares(
        base_fen, employer_rate=term.employer_rate, employee_rate=term.employee_rate
    )
    return replace(
        term, base_fen=base_fen, employer_share_fen=shares[0], employee_share_fen=shares[1]
    )


def echo_of(
    row: ParsedRow,
    account: Account,
    *,
    employer: Employer,
    policies: Policies,
    known: Mapping[str, Sequence[Term]],
) -> dict[str, str]:
    """What is shown beside a typed row; the new monthly once the base can be read."""
    base = row.fen("base") if row.has("base") else account.last_term.base_fen
    terms = known[account.account_no]
    fresh = changed_terms(base, terms, employer=employer, policies=policies)
    monthly = fresh[-1].monthly_fen
    return {
        "name": account.name,
        "employer_rate": str(account.last_term.employer_rate),
        "employee_rate": str(account.last_term.employee_rate),
        "base_before": format_yuan(account.last_term.base_fen),
        "monthly_after": format_yuan(monthly),
    }
