"""The CAs that the centre trusts: for each its roots, its intermediates, its revocation lists.

Intermediates come from here only, never from whoever shows a certificate: a client that could add
some could make the path search long (manual §3).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from asn1crypto import crl, ocsp, x509

from services.auth.certificates.settings import AuthoritySettings


@dataclass(frozen=True, eq=False)
class Authority:
    """One CA as it stands in the store. Certificates and lists are parsed once and shared; the
    object itself is the key under which what was found out about them is remembered."""

    settings: AuthoritySettings
    roots: Sequence[x509.Certificate]
    intermediates: Sequence[x509.Certificate] = ()
    crls: Sequence[crl.CertificateList] = ()
    ocsp_answers: Sequence[ocsp.OCSPResponse] = ()

    def certificate_with(self, fingerprint: str) -> x509.Certificate | None:
        """The CA certificate with this SHA-256 (hex)."""
        for known in (*self.intermediates, *self.roots):
            if known.sha256.hex() == fingerprint:
                return known
        return None

    def knows_issuer(self, certificate: x509.Certificate) -> bool:
        """Whether some certificate here bears the name of the certificate's issuer."""
        return certificate.issuer.hashable in {
            known.subject.hashable for known in (*self.roots, *self.intermediates)
        }


@dataclass(frozen=True)
class TrustStore:
    """All trusted CAs; `problems` tells operators what was left out when it was read."""

    authorities: Sequence[Authority]
    problems: Sequence[str] = field(default=())

    def authority_named(self, name: str) -> Authority | None:
        for authority in self.authorities:
            if authority.settings.name == name:
                return authority
        return None
