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
from services.auth.handlers.bindings import (
    Holder,
    bind,
    end_named,
    hand_over,
    page_of_bindings,
)
from services.auth.handlers.trust import judge
from services.auth.store import bindings, employers
from services.auth.wire import ROLES, binding_message
from services.kit.app import Call
from services.kit.errors import FIELD_INVALID, DomainError, FieldError, fact
from services.kit.idnumbers import is_mobile
from services.kit.roles import Role

#: As for names on worksheets.
HOLDER_NAME_CHARS = 50


def bind_certificate(call: Call, request: pb.BindCertificateRequest) -> pb.BindCertificateResponse:
    """Bind a certificate that could log in now, and that carries the employer's uscc.

    Again, with a role or a holder: the key changes hands and its sessions end. The employer's row is held, so that a
    login which ends at the same time gets the new role.
    """
    _check_holder(request)
    employer = employers.load_employer(
        call.connection, request.employer_no, vault=call.vault, lock=True
    )
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
        bound = bind(
            call,
            facts,
            authority=verdict.authority,
            employer_no=employer.employer_no,
            holder=_holder(call, request, role=Role.HANDLER),
        )
    elif bound.employer_no != employer.employer_no:
        raise DomainError(CERTIFICATE_BOUND_ELSEWHERE)
    elif request.role or request.holder_mobile:
        bound = hand_over(call, bound, _holder(call, request, role=bound.role))
    audit(
        call,
        "bind",
        cause=str(bound.role),
        employer_no=bound.employer_no,
        certificate=bound.certificate,
    )
    return pb.BindCertificateResponse(binding=binding_message(bound, vault=call.vault))


def unbind_certificate(
    call: Call, request: pb.UnbindCertificateRequest
) -> pb.UnbindCertificateResponse:
    ended, _ = end_named(call, request.issuer, request.serial, reason=BindingEnd.UNBOUND)
    return pb.UnbindCertificateResponse(binding=binding_message(ended, vault=call.vault))


def report_loss(call: Call, request: pb.ReportLossRequest) -> pb.ReportLossResponse:
    """Manual §2: the certificate is shut out for good and its sessions end at once."""
    ended, count = end_named(call, request.issuer, request.serial, reason=BindingEnd.LOST)
    return pb.ReportLossResponse(
        binding=binding_message(ended, vault=call.vault), ended_sessions=count
    )


def list_bindings(call: Call, request: pb.ListBindingsRequest) -> pb.ListBindingsResponse:
    shown, token = page_of_bindings(
        call, request.employer_no, size=request.page_size, token=request.page_token
    )
    return pb.ListBindingsResponse(bindings=shown, next_page_token=token)


def _check_holder(request: pb.BindCertificateRequest) -> None:
    """Raises FIELD_INVALID with each field. A name without a number, or the other way round, is half a holder."""
    wrong = []
    if request.role and request.role not in ROLES:
        wrong.append("role")
    if bool(request.holder_name.strip()) != bool(request.holder_mobile):
        wrong.append("holder_name")
    if len(request.holder_name) > HOLDER_NAME_CHARS:
        wrong.append("holder_name")
    if request.holder_mobile and not is_mobile(request.holder_mobile):
        wrong.append("holder_mobile")
    if wrong:
        fields = [FieldError(name, FIELD_INVALID.code, FIELD_INVALID.zh) for name in wrong]
        raise DomainError(FIELD_INVALID, fields=fields)


def _holder(call: Call, request: pb.BindCertificateRequest, *, role: Role) -> Holder:
    return Holder(
        role=ROLES.get(request.role, role),
        name_sealed=call.vault.seal_text(request.holder_name.strip()),
        mobile_sealed=call.vault.seal_text(request.holder_mobile),
    )
