"""Which revocation data counts in a check: lists that are well made, with the certificates that signed them.

Only a certificate whose key signed a list may speak for it, so the engine never has to try a
hundred others of the same name.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from asn1crypto import core, crl, ocsp, x509

from services.auth.certificates.engine_signatures import EngineSignatures
from services.auth.certificates.limits import DEFAULT_POLICY, CheckPolicy
from services.auth.certificates.lint_crl import lint_crl
from services.auth.certificates.reading import Unreadable, read_crl, read_ocsp
from services.auth.certificates.trust_store import Authority

# Trust stores are replaced when a file changes; the old ones' evidence goes with them soon.
_REMEMBERED = 32


@dataclass(frozen=True)
class Evidence:
    """Revocation data for one check."""

    crls: Sequence[crl.CertificateList]
    crl_issuers: Sequence[x509.Certificate]
    ocsp_answers: Sequence[ocsp.OCSPResponse]

    def has_list_for(self, certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
        """Whether any list here is of the certificate's issuer, or of whom it names to speak in its place."""
        names = {issuer.subject.hashable, *_named_list_issuers(certificate)}
        return any(revocations.issuer.hashable in names for revocations in self.crls)

    def answers_for(self, certificate: x509.Certificate) -> list[ocsp.OCSPResponse]:
        """The OCSP answers that name the certificate's number, whatever they say of it."""
        return [
            answer
            for answer in self.ocsp_answers
            if certificate.serial_number in answered_serials(answer)
        ]


def _named_list_issuers(certificate: x509.Certificate) -> set[str]:
    """Whose indirect lists the certificate points to (§4.2.1.13)."""
    points = certificate.crl_distribution_points_value
    return {
        name.chosen.hashable
        for point in points or ()
        for name in point["crl_issuer"]
        if name.name == "directory_name"
    }


def answered_serials(answer: ocsp.OCSPResponse) -> set[int]:
    """The numbers of the certificates that an answer is about; none if it is a refusal to answer."""
    content = answer["response_bytes"]
    if isinstance(content, core.Void) or content["response_type"].native != "basic_ocsp_response":
        return set()
    return {
        int(single["cert_id"]["serial_number"].native)
        for single in content["response"].parsed["tbs_response_data"]["responses"]
    }


def evidence_for(
    authority: Authority,
    *,
    crls: Iterable[bytes],
    ocsp_answers: Iterable[bytes],
    policy: CheckPolicy,
) -> Evidence:
    """The CA's own data and the fresh ones (DER); what cannot be read is as good as absent."""
    own = _own_evidence(authority, policy)
    fresh, answers = [], []
    for content in crls:
        try:
            fresh.append(read_crl(content))
        except Unreadable:
            continue
    for content in ocsp_answers:
        try:
            answers.append(read_ocsp(content))
        except Unreadable:
            continue
    usable, signers = _signed(authority, fresh, policy)
    return Evidence(
        crls=[*own.crls, *usable],
        crl_issuers=[*own.crl_issuers, *signers],
        ocsp_answers=[*own.ocsp_answers, *answers],
    )


def is_vouched_for(
    authority: Authority, revocations: crl.CertificateList, policy: CheckPolicy = DEFAULT_POLICY
) -> bool:
    """Whether the list is well made and signed by the CA, or by one of its intermediates."""
    usable, signers = _signed(authority, [revocations], policy)
    return bool(usable and signers)


@lru_cache(maxsize=_REMEMBERED)
def _own_evidence(authority: Authority, policy: CheckPolicy) -> Evidence:
    usable, signers = _signed(authority, authority.crls, policy)
    return Evidence(usable, signers, authority.ocsp_answers)


def _signed(
    authority: Authority, crls: Sequence[crl.CertificateList], policy: CheckPolicy
) -> tuple[list[crl.CertificateList], list[x509.Certificate]]:
    """The lists without a finding, and the certificates whose keys signed them."""
    signatures = EngineSignatures(authority.settings, policy=policy)
    usable: list[crl.CertificateList] = []
    signers: dict[bytes, x509.Certificate] = {}
    checks = 0
    for revocations in crls:
        if lint_crl(revocations) is not None:
            continue
        usable.append(revocations)
        for candidate in _namesakes(authority, revocations):
            checks += 1
            if checks > policy.max_signature_checks:
                return usable, list(signers.values())
            if signatures.is_signed_by(
                candidate.public_key,
                revocations["signature_algorithm"],
                message=revocations["tbs_cert_list"].dump(),
                signature=revocations["signature"].native,
            ):
                signers[candidate.sha256] = candidate
    return usable, list(signers.values())


def _namesakes(
    authority: Authority, revocations: crl.CertificateList
) -> Iterable[x509.Certificate]:
    """Certificates of the list's issuer by name and, where both say one, by key identifier."""
    named = revocations.authority_key_identifier
    for certificate in (*authority.roots, *authority.intermediates):
        if certificate.subject.hashable != revocations.issuer.hashable:
            continue
        own = certificate.key_identifier
        if not named or not own or named == own:
            yield certificate


def is_revoked_by_delta(
    evidence: Evidence,
    holder: x509.Certificate,
    issuer: x509.Certificate,
    *,
    signatures: EngineSignatures,
    at: datetime,
) -> bool:
    """Whether a delta list in hand, newer than every whole one, names the holder.

    The engine looks at deltas only where the whole list points to one; a CA that points from its certificates alone,
    or whose deltas an operator puts into the folder, must not be overheard.
    """
    own = [
        each
        for each in evidence.crls
        if each.issuer.hashable == issuer.subject.hashable and _counts(each, at)
    ]
    newest = max(
        (number_of(each) for each in own if not each.delta_crl_indicator_value), default=-1
    )
    return any(
        _names(each, holder.serial_number)
        and signatures.is_signed_by(
            issuer.public_key,
            each["signature_algorithm"],
            message=each["tbs_cert_list"].dump(),
            signature=each["signature"].native,
        )
        for each in own
        if each.delta_crl_indicator_value and number_of(each) > newest
    )


def _counts(revocations: crl.CertificateList, at: datetime) -> bool:
    content = revocations["tbs_cert_list"]
    begins: datetime = content["this_update"].native
    ends: datetime = content["next_update"].native
    return begins <= at <= ends


def number_of(revocations: crl.CertificateList) -> int:
    """Lists of one CA count up."""
    return int(revocations.crl_number_value.native)


def _names(revocations: crl.CertificateList, serial: int) -> bool:
    entries = revocations["tbs_cert_list"]["revoked_certificates"]
    return any(
        entry["user_certificate"].native == serial
        and (entry.crl_reason_value is None or entry.crl_reason_value.native != "remove_from_crl")
        for entry in entries
    )
