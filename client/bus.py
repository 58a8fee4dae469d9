"""The centre's staff: calls over the bus that the edge never offers (registering, binding, booking).

Needs the broker's address and namespace, so it runs where the services run. Every call carries the
staff member's login name; refusals are the same `HallError` as over gRPC.
"""

from __future__ import annotations

import getpass
from collections.abc import Callable
from typing import Any, TypeVar

from google.protobuf.message import Message
from hpf.auth.v1 import auth_service_pb2 as auth
from hpf.collection.v1 import collection_service_pb2 as collection
from hpf.common.v1 import submission_pb2 as submission
from hpf.query.v1 import query_service_pb2 as query

from client.calls import CALL_TIMEOUT_S, PATIENCE_S, patiently
from client.config import ClientConfig
from client.deposit_staff import DepositStaff
from client.errors import hall_error, read_status
from client.receipt_staff import ReceiptStaff
from services.kit.app import Principal
from services.kit.ids import new_id
from services.kit.rpc_client import BusClient, RpcError

_Reply = TypeVar("_Reply", bound=Message)


class Staff(DepositStaff, ReceiptStaff):
    """The staff's calls, one method each."""

    def __init__(self, config: ClientConfig) -> None:
        """Raises InputError when the broker is not configured."""
        broker = config.broker()
        self._principal = Principal(kind="staff", name=config.staff or getpass.getuser())
        self._bus = BusClient(broker, config.namespace, users=config.bus_users)

    def close(self) -> None:
        self._bus.close()

    def register_employer(
        self, request: collection.RegisterEmployerRequest
    ) -> collection.RegisterEmployerResponse:
        """单位开户"""
        return self._call(
            "collection", "RegisterEmployer", request, collection.RegisterEmployerResponse
        )

    def change_employer_profile(
        self, request: collection.ChangeEmployerProfileRequest
    ) -> collection.ChangeEmployerProfileResponse:
        """单位基本资料变更 by the centre: effective at once, the agent's mobile included."""
        return self._call(
            "collection",
            "ChangeEmployerProfile",
            request,
            collection.ChangeEmployerProfileResponse,
        )

    def policies(self) -> collection.ListPoliciesResponse:
        """Every policy row, oldest first."""
        return self._call(
            "collection",
            "ListPolicies",
            collection.ListPoliciesRequest(),
            collection.ListPoliciesResponse,
        )

    def set_policy(self, row: collection.PolicyRow) -> collection.SetPolicyResponse:
        """A policy row from a later day on."""
        request = collection.SetPolicyRequest(policy=row)
        return self._call("collection", "SetPolicy", request, collection.SetPolicyResponse)

    def codes(self, name: str = "") -> collection.ListCodesResponse:
        """One code table, or all."""
        request = collection.ListCodesRequest(list=name)
        return self._call("collection", "ListCodes", request, collection.ListCodesResponse)

    def set_code(self, request: collection.SetCodeRequest) -> collection.SetCodeResponse:
        """Add, rename or retire an entry of a code table."""
        return self._call("collection", "SetCode", request, collection.SetCodeResponse)

    def bind_certificate(
        self,
        employer_no: str,
        certificate: bytes,
        *,
        role: auth.KeyRole = auth.KEY_ROLE_UNSPECIFIED,
        holder_name: str = "",
        holder_mobile: str = "",
    ) -> auth.CertificateBinding:
        """Let this certificate (DER) open the employer's door, for its agent or a holder with a mobile of their own."""
        request = auth.BindCertificateRequest(
            employer_no=employer_no,
            certificate=certificate,
            role=role,
            holder_name=holder_name,
            holder_mobile=holder_mobile,
        )
        return self._call("auth", "BindCertificate", request, auth.BindCertificateResponse).binding

    def unbind_certificate(self, issuer: str, serial: str) -> auth.CertificateBinding:
        request = auth.UnbindCertificateRequest(issuer=issuer, serial=serial)
        reply = self._call("auth", "UnbindCertificate", request, auth.UnbindCertificateResponse)
        return reply.binding

    def report_loss(self, issuer: str, serial: str) -> auth.ReportLossResponse:
        """The binding and its sessions end at once (manual 二)."""
        request = auth.ReportLossRequest(issuer=issuer, serial=serial)
        return self._call("auth", "ReportLoss", request, auth.ReportLossResponse)

    def bindings(self, employer_no: str = "", *, page_token: str = "") -> auth.ListBindingsResponse:
        request = auth.ListBindingsRequest(employer_no=employer_no, page_token=page_token)
        return self._call("auth", "ListBindings", request, auth.ListBindingsResponse)

    def employer_access(self, employer_no: str) -> auth.EmployerAccess:
        """What the employer's submissions need."""
        request = auth.GetEmployerAccessRequest(employer_no=employer_no)
        return self._call(
            "auth", "GetEmployerAccess", request, auth.GetEmployerAccessResponse
        ).access

    def set_employer_access(
        self, employer_no: str, *, approval: auth.AccessOption, signature: auth.AccessOption
    ) -> auth.SetEmployerAccessResponse:
        """Whether they wait for approval, whether they must be signed; ends the employer's sessions."""
        request = auth.SetEmployerAccessRequest(
            employer_no=employer_no, approval=approval, signature=signature
        )
        return self._call("auth", "SetEmployerAccess", request, auth.SetEmployerAccessResponse)

    def submission_evidence(self, number: str) -> submission.ListSubmissionEvidenceResponse:
        """What was signed for a business, whichever service owns it; empty when nothing was."""
        request = submission.ListSubmissionEvidenceRequest(number=number)
        for owner in ("deposit", "collection"):
            reply = self._call(
                owner, "ListSubmissionEvidence", request, submission.ListSubmissionEvidenceResponse
            )
            if reply.evidence:
                break
        return reply

    def audit_entries(
        self, employer_no: str = "", *, page_token: str = ""
    ) -> auth.ListAuditEntriesResponse:
        """Who did what, when, with which certificate; newest first."""
        request = auth.ListAuditEntriesRequest(employer_no=employer_no, page_token=page_token)
        return self._call("auth", "ListAuditEntries", request, auth.ListAuditEntriesResponse)

    def verify_audit_trail(
        self, *, known_position: int = 0, known_hash: bytes = b""
    ) -> auth.VerifyAuditTrailResponse:
        """Whether every entry still carries the hash of the one before."""
        request = auth.VerifyAuditTrailRequest(known_position=known_position, known_hash=known_hash)
        return self._call("auth", "VerifyAuditTrail", request, auth.VerifyAuditTrailResponse)

    def read_model(self) -> query.GetReadModelResponse:
        """How far the read tables are, and the newest rebuild or check."""
        return self._call(
            "query", "GetReadModel", query.GetReadModelRequest(), query.GetReadModelResponse
        )

    def start_replay(self, purpose: query.ReplayPurpose) -> query.Replay:
        """Rebuild the read tables, or check them against their owners."""
        request = query.StartReplayRequest(purpose=purpose)
        return self._call("query", "StartReplay", request, query.StartReplayResponse).replay

    def _call(
        self,
        service: str,
        method: str,
        request: Any,
        reply_class: type[_Reply],
        *,
        timeout_s: float = CALL_TIMEOUT_S,
    ) -> _Reply:
        if "request_id" in request.DESCRIPTOR.fields_by_name and not request.request_id:
            request.request_id = new_id()
        return patiently(
            self._attempt(service, method, request, reply_class),
            timeout_s=timeout_s,
            patience_s=max(timeout_s, PATIENCE_S),
        )

    def _attempt(
        self, service: str, method: str, request: Message, reply_class: type[_Reply]
    ) -> Callable[[float], _Reply]:
        def attempt(timeout_s: float) -> _Reply:
            try:
                return self._bus.call(
                    service,
                    method,
                    request,
                    reply_class,
                    principal=self._principal,
                    timeout_s=timeout_s,
                )
            except RpcError as error:
                raise hall_error(read_status(error.status)) from None

        return attempt
