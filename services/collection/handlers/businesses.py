"""The state of a business of collection by its registration number."""

from __future__ import annotations

from hpf.common.v1 import business_pb2

from services.collection import wire
from services.collection.errors import BUSINESS_UNKNOWN
from services.collection.store import businesses
from services.kit.app import Call
from services.kit.errors import DomainError


def get_business(
    call: Call, request: business_pb2.GetBusinessRequest
) -> business_pb2.GetBusinessResponse:
    """Raises BUSINESS_UNKNOWN, also for another employer's business."""
    found = businesses.load_business(call.connection, request.registration_no)
    if found is None or found.employer_no != call.employer_no:
        raise DomainError(BUSINESS_UNKNOWN)
    return business_pb2.GetBusinessResponse(business=wire.business_message(found))
