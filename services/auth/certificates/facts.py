"""Facts of a certificate that the hall keeps: what identifies it, when it ends, whose it is."""

from __future__ import annotations

import hashlib

from asn1crypto import core, x509

from services.auth.certificates.reading import issuer_text
from services.auth.certificates.settings import UsccPlace, UsccWhere
from services.auth.certificates.verdict import CertificateFacts


def facts_of(certificate: x509.Certificate) -> CertificateFacts:
    """Identity and dates; the uscc needs the CA's settings (`uscc_of`)."""
    return CertificateFacts(
        fingerprint=certificate.sha256.hex(),
        issuer=issuer_text(certificate.dump()),
        serial_number=f"{certificate.serial_number:x}",
        subject_key_digest=certificate.public_key.sha256.hex(),
        not_before=certificate.not_valid_before,
        not_after=certificate.not_valid_after,
        subject_digest=hashlib.sha256(certificate.subject.dump()).hexdigest(),
    )


def uscc_of(certificate: x509.Certificate, place: UsccPlace) -> str | None:
    """The holder's unified social credit code, or None where the CA's settings find none.

    Two different ones in one certificate are none: we would not know which to believe.
    """
    if place.where is UsccWhere.SUBJECT:
        fields = _subject_fields(certificate, place.oid)
    else:
        fields = _extension_fields(certificate, place.oid)
    found = {uscc for field in fields if (uscc := place.cut_out(field))}
    return found.pop() if len(found) == 1 else None


def _subject_fields(certificate: x509.Certificate, oid: str) -> list[str]:
    return [
        str(attribute["value"].native)
        for rdn in certificate.subject.chosen
        for attribute in rdn
        if attribute["type"].dotted == oid
    ]


def _extension_fields(certificate: x509.Certificate, oid: str) -> list[str]:
    extensions = certificate["tbs_certificate"]["extensions"]
    if isinstance(extensions, core.Void):
        return []
    return [
        _text_of(extension["extn_value"].native)
        for extension in extensions
        if extension["extn_id"].dotted == oid
    ]


def _text_of(content: bytes | object) -> str:
    """CAs put a DER string, or the bare characters, or a sequence of strings into the octets."""
    if not isinstance(content, bytes):
        return str(content)
    try:
        inner = core.load(content, strict=True).native
        if isinstance(inner, str):
            return inner
    except (ValueError, TypeError):
        pass
    return content.decode("utf-8", "replace")
