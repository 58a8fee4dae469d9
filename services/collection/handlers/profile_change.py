"""单位基本资料变更 (manual §5.5), by the employer and by the centre's staff.

A new mobile of the agent moves where SMS codes go: asked for by the employer it waits until auth reports that a code
sent to the old number was confirmed.
"""

from __future__ import annotations

from dataclasses import replace

from hpf.auth.v1 import auth_events_pb2
from hpf.collection.v1 import collection_events_pb2, collection_service_pb2
from hpf.common.v1 import business_pb2
from sqlalchemy.exc import IntegrityError

from services.collection import wire
from services.collection.domain import codes
from services.collection.domain import employer as employer_rules
from services.collection.domain import profile_change as rules
from services.collection.domain.changes import Change
from services.collection.domain.employer import Employer, Profile
from services.collection.errors import EMPLOYER_CLOSED, EMPLOYER_EXISTS, PROFILE_UNCHANGED
from services.collection.handlers.posting import employer_to_change, new_registration, posted
from services.collection.store import businesses, employers, reference
from services.kit.app import Call
from services.kit.clock import business_date
from services.kit.errors import CONCURRENT_CHANGE, FIELD_INVALID, DomainError, fact

_KIND = business_pb2.BUSINESS_KIND_PROFILE_CHANGE


def get_profile(
    call: Call, request: collection_service_pb2.GetProfileRequest
) -> collection_service_pb2.GetProfileResponse:
    """The profile as it is now, personal data masked, and the codes to choose from."""
    employer = employers.load_employer(call.connection, call.employer_no, vault=call.vault)
    return collection_service_pb2.GetProfileResponse(
        profile=wire.profile_message(rules.masked(employer.profile)),
        code_lists=wire.code_lists(reference.code_lists(call.connection)),
        employer_no=employer.employer_no,
        place=call.settings.place,
    )


def change_profile(
    call: Call, request: collection_service_pb2.ChangeProfileRequest
) -> collection_service_pb2.ChangeProfileResponse:
    """By the employer. Raises FIELD_INVALID with every field, PROFILE_UNCHANGED, EMPLOYER_EXISTS (uscc taken)."""
    employer = employer_to_change(call)
    asked = _asked(call, employer, request.profile, list(request.fields), by_staff=False)
    waits = asked.agent_mobile != employer.profile.agent_mobile
    now = replace(asked, agent_mobile=employer.profile.agent_mobile)
    registration_no, _ = new_registration(call)
    if waits:
        businesses.put_mobile_change(
            call.connection,
            employer.employer_no,
            change_no=registration_no,
            mobile_sealed=call.vault.seal_text(asked.agent_mobile),
        )
        call.emit(
            collection_events_pb2.AgentMobileChangeAsked(
                change_no=registration_no,
                new_mobile_sealed=call.vault.seal_text(asked.agent_mobile),
            ),
            subject=employer.employer_no,
        )
    business, changes = _apply(call, employer, now, registration_no=registration_no)
    return collection_service_pb2.ChangeProfileResponse(
        business=business, changes=changes, mobile_waits_for_code=waits
    )


def change_employer_profile(
    call: Call, request: collection_service_pb2.ChangeEmployerProfileRequest
) -> collection_service_pb2.ChangeEmployerProfileResponse:
    """By the centre's staff, the name and the agent's mobile included; effective at once. Raises EMPLOYER_UNKNOWN,
    EMPLOYER_CLOSED, and what the employer's own change raises."""
    employer = employers.lock_employer(call.connection, request.employer_no, vault=call.vault)
    if employer.status == codes.EMPLOYER_CLOSED:
        raise DomainError(EMPLOYER_CLOSED)
    asked = _asked(call, employer, request.profile, list(request.fields), by_staff=True)
    registration_no, _ = new_registration(call)
    business, changes = _apply(
        call, employer, asked, registration_no=registration_no, done_by_centre=call.principal.key
    )
    return collection_service_pb2.ChangeEmployerProfileResponse(business=business, changes=changes)


def on_mobile_confirmed(call: Call, event: auth_events_pb2.AgentMobileChangeConfirmed) -> None:
    """The code sent to the old number was confirmed: the new number counts from now on."""
    employer_no = call.event.subject
    sealed = businesses.take_mobile_change(call.connection, employer_no, change_no=event.change_no)
    if sealed is None:
        return  # replaced by a newer change, or handled before
    employer = employers.lock_employer(call.connection, employer_no, vault=call.vault)
    if employer.status == codes.EMPLOYER_CLOSED:
        return  # closed while the code was on its way
    after = replace(employer.profile, agent_mobile=call.vault.open_text(sealed))
    registration_no, _ = new_registration(call)
    _apply(call, employer, after, registration_no=registration_no)


def _asked(
    call: Call,
    employer: Employer,
    message: collection_service_pb2.EmployerProfile,
    fields: list[str],
    *,
    by_staff: bool,
) -> Profile:
    faults = list(rules.faults_of_fields(fields, by_staff=by_staff))
    if faults:
        raise DomainError(FIELD_INVALID, fields=faults)
    asked = rules.merged(employer.profile, wire.profile(message), fields)
    lists = reference.code_lists(call.connection)
    found = employer_rules.faults_of_profile(asked, known_codes=lists, on=business_date(call.now))
    # What is not changed stays as it is, a code that has been retired since included.
    faults = [each for each in found if each.path.removeprefix("profile.") in fields]
    if faults:
        raise DomainError(FIELD_INVALID, fields=faults)
    if asked == employer.profile:
        raise DomainError(PROFILE_UNCHANGED)
    if asked.uscc != employer.profile.uscc:
        known = employers.open_employer_with(call.connection, asked.uscc)
        if known is not None:
            raise fact(EMPLOYER_EXISTS, employer_no=known)
    return asked


def _apply(
    call: Call,
    employer: Employer,
    after: Profile,
    *,
    registration_no: str,
    done_by_centre: str = "",
) -> tuple[business_pb2.Business, list[collection_events_pb2.ProfileFieldChange]]:
    day = business_date(call.now)
    changed = replace(employer, profile=after)
    try:
        employers.save_employer(call.connection, changed, vault=call.vault)
    except IntegrityError:
        # Somebody opened an employer of this uscc at the same moment; the next try names it.
        raise DomainError(CONCURRENT_CHANGE) from None
    lists = reference.code_lists(call.connection)
    changes = [
        collection_events_pb2.ProfileFieldChange(
            field=each.field, title=each.title, before=each.before, after=each.after
        )
        for each in rules.changes(employer.profile, after, codes=lists)
    ]
    if changes:
        call.emit(
            collection_events_pb2.ProfileChanged(
                header=wire.header(
                    changed,
                    registration_no=registration_no,
                    kind=_KIND,
                    day=day,
                    done_by_centre=done_by_centre,
                ),
                employer=wire.employer_state(changed, vault=call.vault, day=day),
                changes=changes,
            ),
            subject=employer.employer_no,
        )
    business = posted(
        call,
        changed,
        registration_no=registration_no,
        kind=_KIND,
        day=day,
        changes=[Change(each.title, each.before, each.after) for each in changes],
    )
    return business, changes
