"""What the centre's staff do with certificates: bind, unbind, take a loss report, list (manual §1, §2)."""

from __future__ import annotations

from hpf.auth.v1 import auth_service_pb2 as pb

from services.auth.domain.binding import BindingEnd
from services.auth.errors import (
    CERTIFICATE_BOUND_ELSEWHERE,
    CERTIFICATE_NOT_GOOD,
    CERTIFICATE_WAS_LOST,
    EMPLOYER_NOT_KNOWN,
    USCC_MISMATCH,
)
from services.auth.handlers.audit import audit
from services.auth.handlers.bindings import bind, end_named, page_of_bindings
from services.auth.handlers.trust import judge
from services.auth.store import bindings, employers
from services.auth.wire import binding_message
from services.kit.app import Call
from services.kit.errors import DomainError, fact


def bind_certificate(call: Call, request: pb.BindCertificateRequest) -> pb.BindCertificateResponse:
    """Bind a certificate that could log in now, and that carries the employer's uscc."""
    employer = employers.load_employer(call.connection, request.employer_no, vault=call.vault)
    if employer is None:
        raise DomainError(EMPLOYER_NOT_KNOWN)
    verdict, _ = judge(call, request.certificate)
    facts = verdict.certificate
    if not verdict.accepted or facts is None or verdict.authority is None:
        raise fact(CERTIFICATE_NOT_GOOD, why=verdict.reason)
    if not facts.uscc or facts.uscc != employer.uscc:
        raise DomainError(USCC_MISMATCH)
    identity = {"issuer": facts.issuer, "serial_number": facts.serial_number}
    if bindings.was_lost(call.connection, **identity):
        raise DomainError(CERTIFICATE_WAS_LOST)
    bound = bindings.open_binding(call.connection, **identity)
    if bound is None:
        bound = bind(call, facts, authority=verdict.authority, employer_no=employer.employer_no)
    elif bound.employer_no != employer.employer_no:
        raise DomainError(CERTIFICATE_BOUND_ELSEWHERE)
    audit(call, "bind", employer_no=bound.employer_no, certificate=bound.certificate)
    return pb.BindCertificateResponse(binding=binding_message(bound))


def unbind_certificate(
    call: Call, request: pb.UnbindCertificateRequest
) -> pb.UnbindCertificateResponse:
    ended, _ = end_named(call, request.issuer, request.serial, reason=BindingEnd.UNBOUND)
    return pb.UnbindCertificateResponse(binding=binding_message(ended))


def report_loss(call: Call, request: pb.ReportLossRequest) -> pb.ReportLossResponse:
    """Manual §2: the certificate is shut out for good and its sessions end at once."""
    ended, count = end_named(call, request.issuer, request.serial, reason=BindingEnd.LOST)
    return pb.ReportLossResponse(binding=binding_message(ended), ended_sessions=count)


def list_bindings(call: Call, request: pb.ListBindingsRequest) -> pb.ListBindingsResponse:
    shown, token = page_of_bindings(
        call, request.employer_no, size=request.page_size, token=request.page_token
    )
    return pb.ListBindingsResponse(bindings=shown, next_page_token=token)
