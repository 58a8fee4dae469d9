"""The question to an OCSP responder (RFC 6960), and whether what comes back answers it.

Signature and mandate of the responder are judged by the check itself (`engine.py`); here only: is it about this
certificate, and fresh, by our nonce or by its age.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from asn1crypto import core, ocsp, x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import OCSPNonce
from cryptography.x509.ocsp import OCSPRequestBuilder

from services.auth.certificates.evidence import answered_serials
from services.auth.certificates.reading import Unreadable, read_ocsp

QUESTION_TYPE: Final = "application/ocsp-request"
#: RFC 9654: 32 octets are what every responder must take.
NONCE_BYTES: Final = 32
#: A responder's clock may be this much ahead of ours.
CLOCK_SKEW: Final = timedelta(seconds=60)


def question_about(
    certificate: x509.Certificate, *, issuer: x509.Certificate, nonce: bytes
) -> bytes:
    """DER of the request. SHA-1 names the certificate here, it protects nothing: all responders know it."""
    sha1 = hashes.SHA1()  # noqa: S303  # RFC 5019 §2.1.1 asks for it
    builder = OCSPRequestBuilder().add_certificate_by_hash(
        issuer_name_hash=issuer.subject.sha1,
        issuer_key_hash=issuer.public_key.sha1,
        serial_number=certificate.serial_number,
        algorithm=sha1,
    )
    return bytes(
        builder.add_extension(OCSPNonce(nonce), critical=False).build().public_bytes(Encoding.DER)
    )


def is_fresh_answer(
    content: bytes, certificate: x509.Certificate, *, nonce: bytes, at: datetime, max_age: timedelta
) -> bool:
    """Whether the answer is about the certificate and was made for us, or lately enough.

    A nonce that comes back must be ours. Many responders sign answers ahead and leave it out: then the age decides.
    """
    try:
        answer = read_ocsp(content)
        if certificate.serial_number not in answered_serials(answer):
            return False
        answered = answer["response_bytes"]["response"].parsed["tbs_response_data"]
        given = _nonce_of(answered)
        if given is not None:
            return given == nonce
        return all(
            at - max_age <= single["this_update"].native <= at + CLOCK_SKEW
            for single in answered["responses"]
        )
    except (Unreadable, ValueError, TypeError, KeyError, AttributeError):
        return False


def _nonce_of(answered: ocsp.ResponseData) -> bytes | None:
    extensions = answered["response_extensions"]
    if isinstance(extensions, core.Void):
        return None
    for extension in extensions:
        if extension["extn_id"].native == "nonce":
            written: bytes = extension["extn_value"].parsed.native
            return written
    return None
