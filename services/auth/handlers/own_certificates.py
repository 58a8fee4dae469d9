"""What an employer does with its own certificates: see them, report one lost (manual 二)."""

from __future__ import annotations

from hpf.auth.v1 import auth_service_pb2 as pb

from services.auth.domain.binding import BindingEnd
from services.auth.handlers.bindings import end_named, page_of_bindings
from services.auth.wire import binding_message
from services.kit.app import Call


def list_own_bindings(call: Call, request: pb.ListOwnBindingsRequest) -> pb.ListOwnBindingsResponse:
    shown, token = page_of_bindings(
        call, call.employer_no, size=request.page_size, token=request.page_token
    )
    return pb.ListOwnBindingsResponse(bindings=shown, next_page_token=token)


def report_own_loss(call: Call, request: pb.ReportOwnLossRequest) -> pb.ReportOwnLossResponse:
    """Shut out for good, with its sessions: this one too, when it was opened with that key."""
    ended, count = end_named(
        call,
        request.issuer,
        request.serial,
        reason=BindingEnd.LOST,
        of_employer=call.employer_no,
    )
    return pb.ReportOwnLossResponse(
        binding=binding_message(ended, vault=call.vault), ended_sessions=count
    )
