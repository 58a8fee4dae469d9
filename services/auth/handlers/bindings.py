"""Binding and unbinding, with their events and the end of the sessions that depend on them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hpf.auth.v1 import auth_events_pb2 as events
from hpf.auth.v1 import auth_service_pb2 as pb

from services.auth.certificates import CertificateFacts
from services.auth.domain.binding import Binding, BindingEnd
from services.auth.domain.session import SessionEnd
from services.auth.errors import BINDING_NOT_FOUND
from services.auth.handlers.audit import audit
from services.auth.handlers.sessions_end import end_sessions
from services.auth.store import bindings
from services.auth.store.sessions import of_binding
from services.auth.wire import binding_message
from services.kit.app import Call
from services.kit.clock import business_date
from services.kit.errors import DomainError
from services.kit.pages import open_page
from services.kit.roles import Role

_SESSION_ENDS = {
    BindingEnd.LOST: SessionEnd.CERTIFICATE_LOST,
    BindingEnd.UNBOUND: SessionEnd.CERTIFICATE_UNBOUND,
    BindingEnd.RENEWED: SessionEnd.REPLACED,
}


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose key it is and what for; without name and mobile the agent's on file."""

    role: Role = Role.HANDLER
    name_sealed: bytes = b""
    mobile_sealed: bytes = b""


def bind(
    call: Call, facts: CertificateFacts, *, authority: str, employer_no: str, holder: Holder
) -> Binding:
    """Bind an accepted certificate to an employer."""
    if facts.uscc is None:
        raise ValueError("a certificate without uscc cannot be bound")
    bound = bindings.add_binding(
        call.connection,
        Binding(
            binding_id=0,
            employer_no=employer_no,
            authority=authority,
            issuer=facts.issuer,
            serial_number=facts.serial_number,
            fingerprint=facts.fingerprint,
            uscc=facts.uscc,
            not_before=facts.not_before,
            not_after=facts.not_after,
            bound_at=call.now,
            role=holder.role,
            subject_digest=facts.subject_digest,
            holder_name_sealed=holder.name_sealed,
            holder_mobile_sealed=holder.mobile_sealed,
        ),
    )
    event = events.CertificateBound(
        employer_no=employer_no,
        issuer=bound.issuer,
        serial=bound.serial_number,
        not_after=business_date(bound.not_after).isoformat(),
    )
    call.emit(event, subject=employer_no)
    return bound


def hand_over(call: Call, bound: Binding, holder: Holder) -> Binding:
    """A bound key gets another role or holder; its sessions, which say otherwise, end."""
    changed = replace(
        bound,
        role=holder.role,
        holder_name_sealed=holder.name_sealed,
        holder_mobile_sealed=holder.mobile_sealed,
    )
    bindings.save_holder(call.connection, changed)
    end_sessions(call, of_binding(bound.binding_id), reason=SessionEnd.ACCESS_CHANGED)
    return changed


def end(call: Call, bound: Binding, *, reason: BindingEnd) -> tuple[Binding, int]:
    """End a binding and its sessions; answers with the ended binding and their number."""
    ended = bindings.end_binding(call.connection, bound.binding_id, reason=reason, now=call.now)
    sessions = end_sessions(call, of_binding(bound.binding_id), reason=_SESSION_ENDS[reason])
    event = events.CertificateUnbound(
        employer_no=bound.employer_no, issuer=bound.issuer, serial=bound.serial_number
    )
    call.emit(event, subject=bound.employer_no)
    return ended, len(sessions)


def end_named(
    call: Call, issuer: str, serial: str, *, reason: BindingEnd, of_employer: str = ""
) -> tuple[Binding, int]:
    """End the binding of a certificate, of one employer only if named. Raises BINDING_NOT_FOUND.

    The serial may be typed with capitals, colons or leading zeros, as CAs print it.
    """
    serial_number = serial.replace(":", "").replace(" ", "").lower().lstrip("0")
    bound = bindings.open_binding(call.connection, issuer=issuer, serial_number=serial_number)
    if bound is None or (of_employer and bound.employer_no != of_employer):
        raise DomainError(BINDING_NOT_FOUND)
    ended, count = end(call, bound, reason=reason)
    audit(
        call,
        str(reason),
        session_id=call.principal.session_id,
        employer_no=ended.employer_no,
        certificate=ended.certificate,
    )
    return ended, count


def page_of_bindings(
    call: Call, employer_no: str, *, size: int, token: str
) -> tuple[list[pb.CertificateBinding], str]:
    """One page of the employer's bindings, or of all, oldest first; and the token of the next."""
    page = open_page(call.vault, scope=["ListBindings", employer_no], size=size, token=token)
    found = bindings.page_of_bindings(call.connection, employer_no=employer_no, page=page)
    shown, next_token = page.cut(found, lambda each: (each.binding_id,))
    return [binding_message(each, vault=call.vault) for each in shown], next_token
