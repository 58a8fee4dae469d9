"""What an operation changed, before and after, in words for people (操作记录). Personal data is masked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.collection.domain.account import Account, Term
from services.collection.domain.employer import RateLimits, Rates
from services.kit.money import format_yuan


@dataclass(frozen=True, slots=True)
class Change:
    """One thing; `account_no` is empty when the employer itself changed."""

    title: str
    before: str
    after: str
    account_no: str = ""


def of_terms(terms: Iterable[tuple[Account, Sequence[Term]]]) -> list[Change]:
    """What new terms change for each account: from which month it is due, on which base, how much."""
    return [
        Change("缴存", _term(account.last_term), _term(term), account.account_no)
        for account, fresh in terms
        for term in fresh
    ]


def of_openings(opened: Iterable[Account]) -> list[Change]:
    """What was opened."""
    return [Change("开户", "", _term(each.term), each.account_no) for each in opened]


def of_rates(before: Rates, after: Rates) -> list[Change]:
    """缴存比例 of both sides."""
    return [
        Change("单位缴存比例", _limits(before.employer), _limits(after.employer)),
        Change("个人缴存比例", _limits(before.employee), _limits(after.employee)),
    ]


def of_employers(account_nos: Iterable[str], *, source: str, target: str) -> list[Change]:
    """转移: from which employer to which."""
    return [Change("单位账号", source, target, each) for each in account_nos]


def _term(term: Term) -> str:
    since = f"{term.from_month} 起"
    if not term.active:
        return f"{since}封存"
    rates = f"{term.employer_rate}%+{term.employee_rate}%"
    return f"{since}正常，基数 {format_yuan(term.base_fen)}，{rates}，月缴 {format_yuan(term.monthly_fen)}"


def _limits(limits: RateLimits) -> str:
    return f"{limits.low}%–{limits.high}%"
