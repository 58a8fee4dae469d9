"""Values of auth as messages and back."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from google.protobuf.timestamp_pb2 import Timestamp
from hpf.auth.v1 import auth_events_pb2 as events
from hpf.auth.v1 import auth_service_pb2 as pb
from hpf.collection.v1 import collection_events_pb2 as collection

from services.auth.certificates import SignatureAlgorithm
from services.auth.domain.access import EmployerAccess, Option
from services.auth.domain.audit import AuditEntry
from services.auth.domain.binding import Binding, EmployerFile
from services.auth.domain.session import Session, SessionEnd
from services.auth.domain.sms_code import mask_mobile
from services.kit.clock import business_date
from services.kit.roles import Policy, Role
from services.kit.vault import Vault

ALGORITHMS = {
    pb.SIGNATURE_ALGORITHM_RSA_PKCS1_SHA256: SignatureAlgorithm.RSA_PKCS1_SHA256,
    pb.SIGNATURE_ALGORITHM_RSA_PSS_SHA256: SignatureAlgorithm.RSA_PSS_SHA256,
    pb.SIGNATURE_ALGORITHM_ECDSA_P256_SHA256: SignatureAlgorithm.ECDSA_SHA256,
    pb.SIGNATURE_ALGORITHM_ECDSA_P384_SHA384: SignatureAlgorithm.ECDSA_SHA384,
    pb.SIGNATURE_ALGORITHM_SM2_SM3: SignatureAlgorithm.SM2_SM3,
}
ENDS = {
    SessionEnd.LOGOUT: events.SESSION_END_LOGOUT,
    SessionEnd.REPLACED: events.SESSION_END_REPLACED,
    SessionEnd.CERTIFICATE_LOST: events.SESSION_END_CERTIFICATE_LOST,
    SessionEnd.CERTIFICATE_UNBOUND: events.SESSION_END_CERTIFICATE_UNBOUND,
    SessionEnd.EMPLOYER_CLOSED: events.SESSION_END_EMPLOYER_CLOSED,
    SessionEnd.REFRESH_REUSED: events.SESSION_END_TOKEN_REUSED,
    SessionEnd.ACCESS_CHANGED: events.SESSION_END_ACCESS_CHANGED,
}
ROLES = {pb.KEY_ROLE_HANDLER: Role.HANDLER, pb.KEY_ROLE_APPROVER: Role.APPROVER}
OPTIONS = {
    pb.ACCESS_OPTION_UNSPECIFIED: Option.HALL,
    pb.ACCESS_OPTION_ON: Option.ON,
    pb.ACCESS_OPTION_OFF: Option.OFF,
}
_ROLES_ON_THE_WIRE = {role: value for value, role in ROLES.items()}
_OPTIONS_ON_THE_WIRE = {option: value for value, option in OPTIONS.items()}


def timestamp(moment: datetime) -> Timestamp:
    found = Timestamp()
    found.FromDatetime(moment)
    return found


def binding_message(found: Binding, *, vault: Vault) -> pb.CertificateBinding:
    """Dates are the hall's: days in China."""
    mobile = vault.open_text(found.holder_mobile_sealed)
    return pb.CertificateBinding(
        employer_no=found.employer_no,
        issuer=found.issuer,
        serial=found.serial_number,
        uscc=found.uscc,
        not_before=business_date(found.not_before).isoformat(),
        not_after=business_date(found.not_after).isoformat(),
        bound_on=business_date(found.bound_at).isoformat(),
        ended_on=business_date(found.ended_at).isoformat() if found.ended_at else "",
        end_reason=found.end_reason,
        role=_ROLES_ON_THE_WIRE[found.role],
        holder_name=vault.open_text(found.holder_name_sealed),
        holder_masked_mobile=mask_mobile(mobile) if mobile else "",
    )


def session_message(
    found: Session,
    *,
    employer: EmployerFile,
    binding: Binding,
    policies: Collection[Policy],
    vault: Vault,
) -> pb.Session:
    """A session without its tokens."""
    return pb.Session(
        session_id=found.session_id,
        employer_no=found.employer_no,
        employer_name=employer.name,
        agent_name=vault.open_text(binding.holder_name_sealed) or employer.agent_name,
        idle_until=timestamp(found.idle_until),
        ends_at=timestamp(found.ends_at),
        certificate_not_after=timestamp(binding.not_after),
        role=_ROLES_ON_THE_WIRE[binding.role],
        approval_required=Policy.APPROVAL in policies,
        signature_required=Policy.SIGNATURE in policies,
    )


def access_message(
    found: EmployerAccess, *, policies: Collection[Policy], keys: Mapping[Role, int]
) -> pb.EmployerAccess:
    return pb.EmployerAccess(
        employer_no=found.employer_no,
        approval=_OPTIONS_ON_THE_WIRE[found.approval],
        signature=_OPTIONS_ON_THE_WIRE[found.signature],
        approval_required=Policy.APPROVAL in policies,
        signature_required=Policy.SIGNATURE in policies,
        handlers=keys.get(Role.HANDLER, 0),
        approvers=keys.get(Role.APPROVER, 0),
        set_by=found.set_by,
    )


def audit_entry_message(found: AuditEntry, position: int) -> pb.AuditEntry:
    return pb.AuditEntry(
        position=position,
        at=timestamp(found.at),
        step=found.step,
        outcome=found.outcome,
        attempt_id=found.attempt_id,
        session_id=found.session_id,
        employer_no=found.employer_no,
        certificate=found.certificate,
        address=found.address,
        actor=found.actor,
        registration_no=found.registration_no,
        digest=found.digest,
    )


def employer_file(state: collection.EmployerState) -> EmployerFile:
    return EmployerFile(
        employer_no=state.employer_no,
        name=state.name,
        uscc=state.uscc,
        agent_name=state.agent_name,
        agent_mobile_sealed=state.agent_mobile_sealed,
        status=state.status,
    )
