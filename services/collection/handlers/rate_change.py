"""缴存比例调整 (manual §5.6): the employer's limits from a month on, and everybody who lies outside them."""

from __future__ import annotations

from dataclasses import replace

from hpf.collection.v1 import collection_events_pb2, collection_service_pb2
from hpf.common.v1 import business_pb2

from services.collection import wire
from services.collection.domain import changes
from services.collection.domain import rate_change as rules
from services.collection.domain.employer import Employer, RateLimits, Rates, faults_of_rates
from services.collection.errors import EFFECTIVE_MONTH_PAID, RATES_UNCHANGED
from services.collection.handlers import lists
from services.collection.handlers.posting import employer_to_change, new_registration, posted
from services.collection.store import accounts, employers, reference, revisions
from services.kit.app import Call
from services.kit.errors import FIELD_INVALID, DomainError, fact
from services.kit.months import YearMonth

_KIND = business_pb2.BUSINESS_KIND_RATE_CHANGE


def change_rates(
    call: Call, request: collection_service_pb2.ChangeRatesRequest
) -> collection_service_pb2.ChangeRatesResponse:
    """Raises FIELD_INVALID (rates or somebody's monthly outside policy), EFFECTIVE_MONTH_PAID, RATES_UNCHANGED, EMPLOYER_BUSY (try again)."""
    employer = employer_to_change(call)
    registration_no, day = new_registration(call)
    before = employer.rates_in(_month(request, employer))
    after = _limits(request, _month(request, employer))
    policy = reference.dated_policies(call.connection).in_month(after.from_month)
    faults = [
        *faults_of_rates(after.employer, policy=policy, field="limits.employer_rate_max"),
        *faults_of_rates(after.employee, policy=policy, field="limits.employee_rate_max"),
    ]
    if faults:
        raise DomainError(FIELD_INVALID, fields=faults)
    if (before.employer, before.employee) == (after.employer, after.employee):
        raise DomainError(RATES_UNCHANGED)
    month = lists.current_month(call)
    begun = after.from_month <= month
    employers.set_rates(
        call.connection, employer.employer_no, after, registration_no=registration_no, shown=begun
    )
    earlier = tuple(each for each in employer.rates if each.from_month < after.from_month)
    changed = replace(employer, rates=(*earlier, after))
    moved = _move_people(call, changed, after, registration_no=registration_no)
    call.emit(
        collection_events_pb2.RatesChanged(
            header=wire.header(changed, registration_no=registration_no, kind=_KIND, day=day),
            employer=wire.employer_state(changed, vault=call.vault, day=day),
            before=wire.rate_limits(before),
            after=wire.rate_limits(after),
            accounts=moved,
            effective_month=after.from_month.to_int(),
        ),
        subject=employer.employer_no,
    )
    business = posted(
        call,
        changed,
        registration_no=registration_no,
        kind=_KIND,
        day=day,
        headcount=len(moved),
        changes=changes.of_rates(before, after),
    )
    return collection_service_pb2.ChangeRatesResponse(
        business=business,
        before=wire.rate_limits(before),
        after=wire.rate_limits(after),
        moved_headcount=len(moved),
    )


def _month(request: collection_service_pb2.ChangeRatesRequest, employer: Employer) -> YearMonth:
    if not request.effective_month:
        return employer.next_month
    month = wire.month(request.effective_month, field="effective_month")
    if month < employer.next_month:
        raise fact(EFFECTIVE_MONTH_PAID, paid_through=employer.next_month - 1)
    return month


def _limits(request: collection_service_pb2.ChangeRatesRequest, month: YearMonth) -> Rates:
    asked = request.limits
    return Rates(
        month,
        RateLimits(asked.employer_rate_min, asked.employer_rate_max),
        RateLimits(asked.employee_rate_min, asked.employee_rate_max),
    )


def _move_people(
    call: Call, employer: Employer, limits: Rates, *, registration_no: str
) -> list[collection_events_pb2.AccountState]:
    policies = reference.dated_policies(call.connection)
    month = lists.current_month(call)
    terms = accounts.terms_of(call.connection, employer.employer_no)
    written = [
        (account_no, employer.employer_no, term)
        for account_no, known in terms.items()
        for term in rules.terms_within(known, limits=limits, policies=policies)
    ]
    moved = [(account_no, term) for account_no, _, term in written]
    if faults := list(rules.faults_of_monthly(moved, policies=policies)):
        raise DomainError(FIELD_INVALID, fields=faults)
    if not written:
        return []
    numbers = sorted({account_no for account_no, _, _ in written})
    revisions.raise_revisions(call.connection, numbers)
    accounts.put_terms(call.connection, written, registration_no=registration_no, month=month)
    after = accounts.accounts_in(
        call.connection, employer.employer_no, month=month, vault=call.vault, only=numbers
    )
    return wire.account_states(after.values(), vault=call.vault)
