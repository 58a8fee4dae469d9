"""Keys of an employer: who holds them, what they may do, and what they sign."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from google.protobuf.message import Message
from hpf.common.v1 import business_pb2, submission_pb2

from services.kit.app import Principal
from services.kit.submissions.canonical import canonical_form, list_content, sha256_hex
from tests.system.city import City
from tests.system.lists import worksheet

_BEGAN = datetime(2019, 1, 1, tzinfo=UTC)


class Key:
    """One key with its certificate; `role` is handler or approver."""

    def __init__(self, name: str, role: str) -> None:
        self.name, self.role = name, role
        self._private = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(self._private.public_key())
            .serial_number(1)
            .not_valid_before(_BEGAN)
            .not_valid_after(_BEGAN + timedelta(days=3650))
            .sign(self._private, hashes.SHA256())
            .public_bytes(serialization.Encoding.DER)
        )

    def principal(self, employer_no: str, *policies: str) -> Principal:
        """A session opened with this key."""
        return Principal(
            kind="employer",
            employer_no=employer_no,
            session_id=f"{self.name} of {employer_no}",
            certificate=f"CN={self.name}#1",
            certificate_sha256=hashlib.sha256(self.certificate).hexdigest(),
            roles=(self.role,),
            policies=policies,
            address="192.0.2.7",
        )

    def signature(self, canonical: bytes) -> submission_pb2.SubmissionSignature:
        return submission_pb2.SubmissionSignature(
            algorithm=submission_pb2.SUBMISSION_ALGORITHM_ECDSA_P256_SHA256,
            certificate=self.certificate,
            signature=self._private.sign(canonical, ec.ECDSA(hashes.SHA256())),
        )


def path_of(owner: str, request: Message) -> str:
    method = type(request).__name__.removesuffix("Request")
    return f"hpf.{owner}.v1.{owner.capitalize()}Service/{method}"


def seen_list(city: City, employer_no: str, request: Message, *, owner: str) -> bytes:
    """The list as the signer sees it before submitting; empty when the request submits none."""
    if not isinstance(request, business_pb2.SubmitWorksheetRequest):
        return b""
    found = worksheet(city, employer_no, request.business, owner=owner)
    return list_content(found.worksheet.header, [row.cells for row in found.rows])


def form_of(city: City, employer_no: str, request: Message, *, owner: str) -> bytes:
    """What a signer of this request signs now."""
    content = seen_list(city, employer_no, request, owner=owner)
    return canonical_form(
        path_of(owner, request),
        employer_no=employer_no,
        request=request,
        content_sha256=sha256_hex(content) if content else "",
    )
