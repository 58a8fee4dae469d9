"""Messages ↔ values of collection."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from google.rpc import status_pb2
from hpf.collection.v1 import collection_events_pb2, collection_service_pb2
from hpf.common.v1 import business_pb2

from services.collection.domain.account import Account
from services.collection.domain.changes import Change
from services.collection.domain.employer import Employer, Profile, Rates
from services.collection.domain.policy import Policy
from services.collection.domain.roster import MonthDue, Roster
from services.collection.errors import MONTH_INVALID
from services.collection.store.businesses import Business
from services.kit.businesses import centre_agent
from services.kit.errors import DomainError, FieldError
from services.kit.months import YearMonth
from services.kit.vault import Vault


def month(number: int, *, field: str) -> YearMonth:
    """A month of a request; raises MONTH_INVALID with the field."""
    try:
        return YearMonth.from_int(number)
    except ValueError:
        raise DomainError(
            MONTH_INVALID, fields=[FieldError(field, MONTH_INVALID.code, MONTH_INVALID.zh)]
        ) from None


def profile(message: collection_service_pb2.EmployerProfile) -> Profile:
    """A profile as typed, without the spaces around it."""
    fields: dict[str, Any] = {}
    for name in Profile.__dataclass_fields__:
        value = getattr(message, name)
        fields[name] = value.strip() if isinstance(value, str) else value
    return Profile(**fields)


def rate_limits(rates: Rates) -> collection_events_pb2.RateLimits:
    return collection_events_pb2.RateLimits(
        employer_rate_min=rates.employer.low,
        employer_rate_max=rates.employer.high,
        employee_rate_min=rates.employee.low,
        employee_rate_max=rates.employee.high,
    )


def employer_state(
    found: Employer, *, vault: Vault, day: date
) -> collection_events_pb2.EmployerState:
    """An employer for an event, with the limits that count on `day`; id number and mobile sealed."""
    rates = found.rates_in(YearMonth.of(day))
    facts = {name: getattr(found.profile, name) for name in Profile.__dataclass_fields__}
    id_number = facts.pop("legal_representative_id_number")
    mobile = facts.pop("agent_mobile")
    return collection_events_pb2.EmployerState(
        **facts,
        employer_no=found.employer_no,
        legal_representative_id_number_sealed=vault.seal_text(id_number),
        agent_mobile_sealed=vault.seal_text(mobile),
        branch_code=found.branch_code,
        branch_name=found.branch_name,
        status=found.status,
        opened_on=found.opened_on.isoformat(),
        closed_on=found.closed_on.isoformat() if found.closed_on else "",
        first_month=found.first_month.to_int(),
        paid_through_month=found.paid_through.to_int() if found.paid_through else 0,
        employer_rate_min=rates.employer.low,
        employer_rate_max=rates.employer.high,
        employee_rate_min=rates.employee.low,
        employee_rate_max=rates.employee.high,
    )


def account_state(found: Account, *, vault: Vault) -> collection_events_pb2.AccountState:
    """An account for an event; id number and mobile sealed."""
    return collection_events_pb2.AccountState(
        account_no=found.account_no,
        employer_no=found.employer_no,
        name=found.name,
        id_type=found.id_type,
        id_number_sealed=vault.seal_text(found.id_number),
        mobile_sealed=vault.seal_text(found.mobile),
        status=found.status,
        base_fen=found.term.base_fen,
        employer_rate=found.term.employer_rate,
        employee_rate=found.term.employee_rate,
        employer_share_fen=found.term.employer_share_fen,
        employee_share_fen=found.term.employee_share_fen,
        opened_on=found.opened_on.isoformat(),
        effective_month=found.term.from_month.to_int(),
        revision=found.revision,
    )


def account_states(
    found: Iterable[Account], *, vault: Vault
) -> list[collection_events_pb2.AccountState]:
    return [account_state(each, vault=vault) for each in found]


def header(
    employer: Employer,
    *,
    registration_no: str,
    kind: business_pb2.BusinessKind,
    day: date,
    done_by_centre: str = "",
) -> business_pb2.BusinessHeader:
    """The head of the receipt, as the employer stands now. 经办人 is the employer's agent, or who of the centre did it
    (`Business.submitted_by`)."""
    return business_pb2.BusinessHeader(
        registration_no=registration_no,
        kind=kind,
        employer_no=employer.employer_no,
        employer_name=employer.profile.name,
        branch_name=employer.branch_name,
        agent_name=centre_agent(done_by_centre) if done_by_centre else employer.profile.agent_name,
        business_date=day.isoformat(),
    )


def business_message(found: Business) -> business_pb2.Business:
    message = business_pb2.Business(
        registration_no=found.registration_no,
        kind=found.kind,
        state=found.state,
        employer_no=found.employer_no,
        business_date=found.business_date.isoformat(),
        headcount=found.headcount,
        amount_fen=found.amount_fen,
    )
    if found.rejection:
        message.rejection.CopyFrom(status_pb2.Status.FromString(found.rejection))
    if found.consistency:
        message.consistency.extend(business_pb2.Business.FromString(found.consistency).consistency)
    return message


def month_due(found: MonthDue) -> collection_events_pb2.MonthDue:
    return collection_events_pb2.MonthDue(
        month=found.month.to_int(), headcount=found.headcount, amount_fen=found.amount_fen
    )


def roster_reserved(
    roster: Roster, *, registration_no: str
) -> collection_events_pb2.RosterReserved:
    due = roster.due
    if roster.is_everybody_through:
        due = due._replace(from_months=(), to_months=())
    return collection_events_pb2.RosterReserved(
        registration_no=registration_no,
        from_month=roster.months[0].month.to_int(),
        to_month=roster.months[-1].month.to_int(),
        months=[month_due(each) for each in roster.months],
        amount_fen=roster.amount_fen,
        headcount=roster.headcount,
        due=collection_events_pb2.DueLines(**due._asdict()),
    )


def profile_message(found: Profile) -> collection_service_pb2.EmployerProfile:
    return collection_service_pb2.EmployerProfile(
        **{name: getattr(found, name) for name in Profile.__dataclass_fields__}
    )


def code_lists(found: Mapping[str, Mapping[str, str]]) -> list[collection_service_pb2.CodeList]:
    return [
        collection_service_pb2.CodeList(
            list=name,
            entries=[
                collection_service_pb2.CodeEntry(code=code, title=title)
                for code, title in entries.items()
            ],
        )
        for name, entries in found.items()
    ]


def policy_row(valid_from: date, found: Policy) -> collection_service_pb2.PolicyRow:
    return collection_service_pb2.PolicyRow(
        valid_from=valid_from.isoformat(),
        base_floor_fen=found.base_floor_fen,
        base_ceiling_fen=found.base_ceiling_fen,
        rate_floor=found.rate_floor,
        rate_ceiling=found.rate_ceiling,
        monthly_floor_fen=found.monthly_floor_fen,
        monthly_ceiling_fen=found.monthly_ceiling_fen,
        rounding_fen=found.rounding.value,
        future_months_allowed=found.future_months_allowed,
        row_limit=found.row_limit,
    )


def changes_bytes(found: Iterable[Change]) -> bytes:
    """What an operation changed, as it is kept (sealed) beside the business."""
    message = collection_service_pb2.GetOperationResponse(
        changes=[
            collection_service_pb2.OperationChange(
                account_no=each.account_no,
                title=each.title,
                before=each.before,
                after=each.after,
            )
            for each in found
        ]
    )
    return message.SerializeToString()
