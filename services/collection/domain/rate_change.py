"""缴存比例调整 (manual §5.6): new limits of both sides; people outside them are moved to the nearest limit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from services.collection.domain.account import Term, with_rates
from services.collection.domain.employer import Rates
from services.collection.domain.policy import Policies, Policy
from services.collection.errors import MONTHLY_OF_PEOPLE_OUTSIDE
from services.kit.errors import FieldError, fact
from services.kit.money import format_yuan
from services.kit.sentences import first_of


def terms_within(terms: list[Term], *, limits: Rates, policies: Policies) -> list[Term]:
    """A person's terms from the limits' month on, as they must be written anew; none when all are within.

    `terms` are the person's terms by month. The one that counts in the limits' month begins anew there.
    """
    begun = [term for term in terms if term.from_month <= limits.from_month]
    ahead = [term for term in terms if term.from_month > limits.from_month]
    counting = [replace(begun[-1], from_month=limits.from_month)] if begun else []
    return [
        _moved(term, limits=limits, policies=policies)
        for term in counting + ahead
        if not _within(term, limits)
    ]


def faults_of_monthly(
    moved: Iterable[tuple[str, Term]], *, policies: Policies
) -> Iterator[FieldError]:
    """Whom the new rates would bring below the monthly floor or above the ceiling of the term's month, as an opening is
    refused; nothing when nobody. `moved` are account numbers with a term that is to be written."""
    outside: dict[Policy, list[str]] = defaultdict(list)
    for account_no, term in moved:
        policy = policies.in_month(term.from_month)
        if any(policy.faults_of_monthly(term.monthly_fen)):
            outside[policy].append(account_no)
    for policy, account_nos in outside.items():
        people = sorted(set(account_nos))
        error = fact(
            MONTHLY_OF_PEOPLE_OUTSIDE,
            count=len(people),
            floor=format_yuan(policy.monthly_floor_fen),
            ceiling=format_yuan(policy.monthly_ceiling_fen),
            accounts=first_of(people),
        )
        yield FieldError("limits", error.reason.code, error.zh)


def with_later_limits(term: Term, *, limits: Sequence[Rates], policies: Policies) -> list[Term]:
    """A new term, and what it becomes in each later month whose limits were set before it came."""
    terms = [term]
    for later in limits:
        if later.from_month > term.from_month and not _within(terms[-1], later):
            begun = replace(terms[-1], from_month=later.from_month)
            terms.append(_moved(begun, limits=later, policies=policies))
    return terms


def _within(term: Term, limits: Rates) -> bool:
    # Nothing is due under a sealed term; unsealing derives its rates from the limits of its own month.
    if not term.active:
        return True
    return term.employer_rate in limits.employer and term.employee_rate in limits.employee


def _moved(term: Term, *, limits: Rates, policies: Policies) -> Term:
    employer_rate = limits.employer.nearest(term.employer_rate)
    employee_rate = limits.employee.nearest(term.employee_rate)
    shares = policies.in_month(term.from_month).shares(
        term.base_fen, employer_rate=employer_rate, employee_rate=employee_rate
    )
    return with_rates(term, employer_rate=employer_rate, employee_rate=employee_rate, shares=shares)
