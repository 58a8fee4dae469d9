"""Businesses of collection: state by registration number, who submitted what, when, with which certificate, what changed."""

from __future__ import annotations

from hpf.collection.v1 import collection_service_pb2

from services.collection import sagas, wire
from services.collection.models import business
from services.collection.store.businesses import Business
from services.kit.app import Call
from services.kit.businesses import Businesses

BUSINESSES = Businesses(business, Business, wire.business_message, sagas.progress_of)


def get_operation(
    call: Call, request: collection_service_pb2.GetOperationRequest
) -> collection_service_pb2.GetOperationResponse:
    """One operation with everything it changed. Raises BUSINESS_UNKNOWN, also for another employer's."""
    found = BUSINESSES.own(call, request.registration_no)
    reply = collection_service_pb2.GetOperationResponse()
    if found.changes_sealed is not None:
        reply.ParseFromString(call.vault.open(bytes(found.changes_sealed)))
    reply.operation.CopyFrom(BUSINESSES.operation(found))
    return reply
