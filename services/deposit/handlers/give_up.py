"""Staff end a business of deposit that waits for collection in vain, so that its employer can go on (sagas.py).

Safe at the first step only: nothing is posted before the roster's answer, and one that comes later finds the business
decided. Collection is told that nothing was posted and lets go of the roster, whether it ever held it or not.
"""

from __future__ import annotations

from hpf.deposit.v1 import deposit_events_pb2
from hpf.deposit.v1 import deposit_service_pb2 as pb

from services.deposit import sagas, wire
from services.deposit.domain import give_up
from services.deposit.domain.staff_reason import reason_of
from services.deposit.errors import GIVEN_UP, NOT_WAITING_FOR_ROSTER
from services.deposit.handlers import back_payment, returned_rows, saga
from services.deposit.store import businesses
from services.kit.app import Call
from services.kit.errors import BUSINESS_UNKNOWN, DomainError, fact


def give_up_business(call: Call, request: pb.GiveUpBusinessRequest) -> pb.GiveUpBusinessResponse:
    """Raises BUSINESS_UNKNOWN, NOT_WAITING_FOR_ROSTER, GIVE_UP_TOO_EARLY, FIELD_REQUIRED, FIELD_INVALID."""
    reason = reason_of(request.reason)
    found = businesses.lock_business(call.connection, request.registration_no)
    if found is None:
        raise DomainError(BUSINESS_UNKNOWN)
    if found.step != sagas.WAITS_FOR_ROSTER:
        raise DomainError(NOT_WAITING_FOR_ROSTER)
    give_up.check_time(submitted_at=found.submitted_at, now=call.now)
    call.emit(
        deposit_events_pb2.BusinessGivenUp(
            registration_no=found.registration_no, reason=reason, by=call.principal.key
        ),
        subject=found.employer_no,
    )
    if found.kind == sagas.BACK_PAYMENT:
        returned_rows.put_back(call, back_payment.SPEC, found)
    saga.decide(call, found, rejection=fact(GIVEN_UP, why=reason).to_status())
    after = businesses.load_business(call.connection, found.registration_no)
    assert after is not None
    return pb.GiveUpBusinessResponse(business=wire.business_message(after))
