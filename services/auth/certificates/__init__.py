"""Is this certificate good for logging in? One question, one function: `check_certificate`.

Serves manual §3 (login), §10 (renewal) and the warnings of §2 (loss). Nothing here knows eventlet,
the bus or a database: bytes and directories in, a `Verdict` out.
"""

from services.auth.certificates.check import check_certificate
from services.auth.certificates.limits import CheckPolicy
from services.auth.certificates.settings import AuthoritySettings, UsccPlace, UsccWhere
from services.auth.certificates.trust_folder import TrustFolder, read_trust_directory
from services.auth.certificates.trust_store import Authority, TrustStore
from services.auth.certificates.verdict import CertificateFacts, CheckReason, Outcome, Verdict
from services.kit.signatures import SignatureAlgorithm, verify_signature

__all__ = [
    "Authority",
    "AuthoritySettings",
    "CertificateFacts",
    "CheckPolicy",
    "CheckReason",
    "Outcome",
    "SignatureAlgorithm",
    "TrustFolder",
    "TrustStore",
    "UsccPlace",
    "UsccWhere",
    "Verdict",
    "check_certificate",
    "read_trust_directory",
    "verify_signature",
]
