"""Binding and unbinding, with their events and the end of the sessions that depend on them."""

from __future__ import annotations

from hpf.auth.v1 import auth_events_pb2 as events

from services.auth.certificates import CertificateFacts
from services.auth.domain.binding import Binding, BindingEnd
from services.auth.domain.session import SessionEnd
from services.auth.handlers.sessions_end import end_sessions
from services.auth.store import bindings
from services.auth.store.sessions import of_binding
from services.kit.app import Call
from services.kit.clock import business_date

_SESSION_ENDS = {
    BindingEnd.LOST: SessionEnd.CERTIFICATE_LOST,
    BindingEnd.UNBOUND: SessionEnd.CERTIFICATE_UNBOUND,
    BindingEnd.RENEWED: SessionEnd.REPLACED,
}


def bind(call: Call, facts: CertificateFacts, *, authority: str, employer_no: str) -> Binding:
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


def end(call: Call, bound: Binding, *, reason: BindingEnd) -> tuple[Binding, int]:
    """End a binding and its sessions; answers with the ended binding and their number."""
    ended = bindings.end_binding(call.connection, bound.binding_id, reason=reason, now=call.now)
    sessions = end_sessions(call, of_binding(bound.binding_id), reason=_SESSION_ENDS[reason])
    event = events.CertificateUnbound(
        employer_no=bound.employer_no, issuer=bound.issuer, serial=bound.serial_number
    )
    call.emit(event, subject=bound.employer_no)
    return ended, len(sessions)
