"""What RFC 5280 demands of a revocation list and the path engine lets pass."""

from __future__ import annotations

from asn1crypto import core, crl

from services.auth.certificates.lint import Finding
from services.auth.certificates.verdict import CheckReason

_NEVER_CRITICAL = frozenset({"crl_number", "authority_key_identifier"})


def lint_crl(revocations: crl.CertificateList) -> Finding | None:
    """A revocation list; one with a finding is as good as none (§5.1, §5.2)."""
    content = revocations["tbs_cert_list"]
    if content["signature"].dump() != revocations["signature_algorithm"].dump():
        return Finding(CheckReason.SIGNATURE_ALGORITHM_MISMATCH, "two algorithms in one list")
    if isinstance(content["next_update"], core.Void):
        return Finding(CheckReason.BAD_VALIDITY_ENCODING, "a list without nextUpdate")
    extensions = content["crl_extensions"]
    if isinstance(extensions, core.Void):
        return Finding(CheckReason.MALFORMED, "a list without extensions")
    names = [extension["extn_id"].native for extension in extensions]
    if len(names) != len(set(names)):
        return Finding(CheckReason.DUPLICATE_EXTENSION, "the same extension twice in a list")
    if "crl_number" not in names:
        return Finding(CheckReason.MALFORMED, "a list without a number")
    for extension in extensions:
        if extension["extn_id"].native in _NEVER_CRITICAL and extension["critical"].native:
            return Finding(CheckReason.WRONG_CRITICALITY, "a critical list number")
    return None
