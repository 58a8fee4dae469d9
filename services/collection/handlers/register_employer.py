"""单位开户 at the counter: an employer with the fields of manual §4.2, its branch, first month and rate limits."""

from __future__ import annotations

from hpf.collection.v1 import collection_events_pb2, collection_service_pb2
from hpf.common.v1 import business_pb2
from sqlalchemy.exc import IntegrityError

from services.collection import wire
from services.collection.domain import codes
from services.collection.domain import employer as rules
from services.collection.domain.employer import Employer, RateLimits, Rates
from services.collection.errors import EMPLOYER_EXISTS
from services.collection.handlers.posting import new_registration, posted
from services.collection.store import employers, reference
from services.kit.app import Call
from services.kit.errors import CONCURRENT_CHANGE, FIELD_INVALID, DomainError, FieldError, fact
from services.kit.months import YearMonth

_KIND = business_pb2.BUSINESS_KIND_REGISTER_EMPLOYER


def register_employer(
    call: Call, request: collection_service_pb2.RegisterEmployerRequest
) -> collection_service_pb2.RegisterEmployerResponse:
    """Open an employer. Raises FIELD_INVALID with every field at fault, EMPLOYER_EXISTS, MONTH_INVALID."""
    registration_no, day = new_registration(call)
    first_month = wire.month(request.first_month, field="first_month")
    policy = reference.dated_policies(call.connection).in_month(first_month)
    lists = reference.code_lists(call.connection)
    profile = wire.profile(request.profile)
    branches = lists.get(codes.BRANCH, {})
    employer_rates = RateLimits(request.employer_rate_min, request.employer_rate_max)
    employee_rates = RateLimits(request.employee_rate_min, request.employee_rate_max)
    faults: list[FieldError] = [
        *rules.faults_of_profile(profile, known_codes=lists, on=day),
        *rules.faults_of_first_month(first_month, current=YearMonth.of(day)),
        *rules.faults_of_branch(request.branch_code, branches=branches),
        *rules.faults_of_rates(employer_rates, policy=policy, field="employer_rate_max"),
        *rules.faults_of_rates(employee_rates, policy=policy, field="employee_rate_max"),
    ]
    if faults:
        raise DomainError(FIELD_INVALID, fields=faults)
    known = employers.open_employer_with(call.connection, profile.uscc)
    if known is not None:
        raise fact(EMPLOYER_EXISTS, employer_no=known)
    employer = Employer(
        employer_no=employers.next_employer_no(
            call.connection, city_digits=call.settings.city_digits
        ),
        profile=profile,
        branch_code=request.branch_code,
        branch_name=branches[request.branch_code],
        status=codes.EMPLOYER_OPENED,
        opened_on=day,
        closed_on=None,
        first_month=first_month,
        paid_through=None,
        rates=(Rates(first_month, employer_rates, employee_rates),),
        held_by=None,
    )
    try:
        employers.add_employer(call.connection, employer, vault=call.vault)
    except IntegrityError:
        # Somebody opened an employer of this uscc at the same moment; the next try names it.
        raise DomainError(CONCURRENT_CHANGE) from None
    employers.set_rates(
        call.connection,
        employer.employer_no,
        employer.rates[0],
        registration_no=registration_no,
        shown=True,
    )
    call.emit(
        collection_events_pb2.EmployerRegistered(
            header=wire.header(
                employer,
                registration_no=registration_no,
                kind=_KIND,
                day=day,
                done_by_centre=call.principal.key,
            ),
            employer=wire.employer_state(employer, vault=call.vault, day=day),
        ),
        subject=employer.employer_no,
    )
    business = posted(call, employer, registration_no=registration_no, kind=_KIND, day=day)
    return collection_service_pb2.RegisterEmployerResponse(business=business)
