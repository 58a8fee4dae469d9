"""Bytes to certificates and lists, strictly: two parsers must agree before anything is looked at.

cryptography's parser is strict DER and reads all extensions at once; asn1crypto's, which the path
engine needs, is lazy and forgiving.
"""

from __future__ import annotations

import base64
import binascii
import re
import warnings

from asn1crypto import core, crl, ocsp, x509
from cryptography import x509 as strict
from cryptography.exceptions import UnsupportedAlgorithm

from services.auth.certificates.verdict import CheckReason

# A CA with a hundred thousand revoked certificates publishes some 4 MiB.
MAX_CRL_BYTES = 32 * 1024 * 1024
MAX_OCSP_BYTES = 64 * 1024
# An authority's own certificate may carry long name constraints or policies.
MAX_AUTHORITY_BYTES = 256 * 1024

_PEM = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----\s(.*?)-----END \1-----", re.DOTALL)
_READ_FAULTS = (ValueError, TypeError, KeyError, OverflowError, RecursionError, AttributeError)


class Unreadable(ValueError):
    """The bytes are not what they should be; `reason` is the refusal."""

    def __init__(self, detail: str, *, reason: CheckReason = CheckReason.MALFORMED) -> None:
        super().__init__(detail)
        self.reason = reason


def read_certificate(content: bytes, *, max_bytes: int = MAX_AUTHORITY_BYTES) -> x509.Certificate:
    """A certificate from exactly these DER bytes. Raises `Unreadable`."""
    if len(content) > max_bytes:
        raise Unreadable("the certificate is too large", reason=CheckReason.TOO_LARGE)
    try:
        _ = _strictly(content).extensions
        certificate = x509.Certificate.load(content, strict=True)
        _ = certificate.native
    except strict.DuplicateExtension:
        raise Unreadable(
            "the same extension twice", reason=CheckReason.DUPLICATE_EXTENSION
        ) from None
    except (*_READ_FAULTS, UnsupportedAlgorithm, strict.UnsupportedGeneralNameType):
        raise Unreadable("not a certificate in DER") from None
    if certificate.dump(force=False) != content:
        raise Unreadable("not a certificate in DER")
    return certificate


def issuer_text(content: bytes) -> str:
    """The issuer of a certificate (DER) that was read before, as RFC 4514 writes names."""
    return _strictly(content).issuer.rfc4514_string()


def _strictly(content: bytes) -> strict.Certificate:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what it warns about, the lint refuses
        return strict.load_der_x509_certificate(content)


def read_crl(content: bytes) -> crl.CertificateList:
    """A revocation list from DER. Raises `Unreadable`."""
    if len(content) > MAX_CRL_BYTES:
        raise Unreadable("the revocation list is too large", reason=CheckReason.TOO_LARGE)
    try:
        strict.load_der_x509_crl(content)
        revocations = crl.CertificateList.load(content, strict=True)
        _ = revocations.issuer.hashable
        _ = revocations["tbs_cert_list"]["crl_extensions"].native
    except _READ_FAULTS:
        raise Unreadable("not a revocation list in DER") from None
    return revocations


def read_ocsp(content: bytes) -> ocsp.OCSPResponse:
    """An OCSP answer from DER. Raises `Unreadable`."""
    if len(content) > MAX_OCSP_BYTES:
        raise Unreadable("the OCSP answer is too large", reason=CheckReason.TOO_LARGE)
    try:
        answer = ocsp.OCSPResponse.load(content, strict=True)
        if isinstance(answer["response_bytes"], core.Void):
            raise Unreadable("an OCSP answer without a response")
        _ = answer.native
    except _READ_FAULTS:
        raise Unreadable("not an OCSP answer in DER") from None
    return answer


def der_parts(content: bytes) -> list[bytes]:
    """The DER objects of a file: itself if it is DER, each block if it is PEM. Raises `Unreadable`."""
    if content.startswith(b"\x30"):
        return [content]
    try:
        parts = [base64.b64decode(body) for _, body in _PEM.findall(content)]
    except binascii.Error:
        raise Unreadable("damaged PEM") from None
    if not parts:
        raise Unreadable("neither DER nor PEM")
    return parts
