"""The state of a business of collection by its registration number, and who submitted what, when, with which certificate."""

from __future__ import annotations

from hpf.collection.v1 import collection_service_pb2
from hpf.common.v1 import business_pb2

from services.collection import sagas, wire
from services.collection.errors import BUSINESS_UNKNOWN
from services.collection.store import businesses
from services.collection.store.businesses import Business
from services.kit.app import Call, Standing
from services.kit.errors import DomainError
from services.kit.operations import page_of_operations
from services.kit.submissions.approving import UNDER_WAY, asked_business


def get_business(
    call: Call, request: business_pb2.GetBusinessRequest
) -> business_pb2.GetBusinessResponse:
    """Raises BUSINESS_UNKNOWN, also for another employer's business."""
    asked = asked_business(call, request.registration_no)
    if isinstance(asked, business_pb2.Business):
        return business_pb2.GetBusinessResponse(business=asked)
    return business_pb2.GetBusinessResponse(
        business=wire.business_message(_own_business(call, asked))
    )


def watch_business(
    call: Call, request: business_pb2.WatchBusinessRequest
) -> business_pb2.WatchBusinessResponse | Standing:
    """How the business stands now, also while it waits for its approval; the last word when it has ended.

    Raises BUSINESS_UNKNOWN as `get_business` does.
    """
    asked = asked_business(call, request.registration_no)
    if isinstance(asked, business_pb2.Business):
        now = business_pb2.WatchBusinessResponse(business=asked)
    else:
        found = _own_business(call, asked)
        now = business_pb2.WatchBusinessResponse(
            business=wire.business_message(found), progress=sagas.progress_of(found)
        )
    if now.business.state in UNDER_WAY:
        return Standing(now, now.business.registration_no)
    return now


def _own_business(call: Call, registration_no: str) -> Business:
    found = businesses.load_business(call.connection, registration_no)
    if found is None or found.employer_no != call.employer_no:
        raise DomainError(BUSINESS_UNKNOWN)
    return found


def list_operations(
    call: Call, request: collection_service_pb2.ListOperationsRequest
) -> collection_service_pb2.ListOperationsResponse:
    """操作记录, newest first."""
    shown, next_token = page_of_operations(
        call,
        request,
        lambda before, limit: businesses.operations(
            call.connection, call.employer_no, before=before, limit=limit
        ),
    )
    return collection_service_pb2.ListOperationsResponse(
        operations=[wire.operation(each) for each in shown], next_page_token=next_token
    )


def get_operation(
    call: Call, request: collection_service_pb2.GetOperationRequest
) -> collection_service_pb2.GetOperationResponse:
    """One operation with everything it changed. Raises BUSINESS_UNKNOWN, also for another employer's."""
    found = _own_business(call, request.registration_no)
    reply = collection_service_pb2.GetOperationResponse()
    if found.changes_sealed is not None:
        reply.ParseFromString(call.vault.open(bytes(found.changes_sealed)))
    reply.operation.CopyFrom(wire.operation(found))
    return reply
