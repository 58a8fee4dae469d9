"""The audit trail as the centre's staff read it: what happened, and whether the trail is whole."""

from __future__ import annotations

from hpf.auth.v1 import auth_service_pb2 as pb

from services.auth.store.audit import first_broken, page_of_entries
from services.auth.wire import audit_entry_message
from services.kit.app import Call
from services.kit.pages import open_page


def list_audit_entries(
    call: Call, request: pb.ListAuditEntriesRequest
) -> pb.ListAuditEntriesResponse:
    """Of one employer or of all, newest first."""
    page = open_page(
        call.vault,
        scope=["ListAuditEntries", request.employer_no],
        size=request.page_size,
        token=request.page_token,
    )
    found = page_of_entries(call.connection, employer_no=request.employer_no, page=page)
    shown, token = page.cut(found, lambda each: (each[0],))
    return pb.ListAuditEntriesResponse(
        entries=[audit_entry_message(entry, position) for position, entry in shown],
        next_page_token=token,
    )


def verify_audit_trail(
    call: Call, request: pb.VerifyAuditTrailRequest
) -> pb.VerifyAuditTrailResponse:
    """Reads the whole trail, from the first entry on."""
    intact, broken, last_hash = first_broken(
        call.connection,
        vault=call.vault,
        known_position=request.known_position,
        known_hash=request.known_hash,
    )
    return pb.VerifyAuditTrailResponse(
        intact_entries=intact, first_broken=broken or 0, last_hash=last_hash
    )
