"""What the check of a certificate can answer.

"Revoked" (the CA says no) is kept apart from "undecided" (the CA could not be asked) because the
holder must do something about the first and the operators about the second (manual §2, §10).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Outcome(StrEnum):
    """The four answers; everything that is not `ACCEPTED` keeps the holder out."""

    ACCEPTED = "accepted"
    REVOKED = "revoked"
    REFUSED = "refused"
    UNDECIDED = "undecided"


class CheckReason(StrEnum):
    """Why a certificate was not accepted. A closed list; the value is part of the JSON output."""

    # refused: the bytes themselves
    MALFORMED = "malformed"
    TOO_LARGE = "too_large"
    BAD_VERSION = "bad_version"
    BAD_SERIAL_NUMBER = "bad_serial_number"
    BAD_VALIDITY_ENCODING = "bad_validity_encoding"
    EMPTY_NAME = "empty_name"
    DUPLICATE_EXTENSION = "duplicate_extension"
    UNKNOWN_CRITICAL_EXTENSION = "unknown_critical_extension"
    WRONG_CRITICALITY = "wrong_criticality"
    MISSING_KEY_IDENTIFIER = "missing_key_identifier"
    BAD_BASIC_CONSTRAINTS = "bad_basic_constraints"
    BAD_NAME_CONSTRAINTS = "bad_name_constraints"
    BAD_NAME_ENCODING = "bad_name_encoding"
    SIGNATURE_ALGORITHM_MISMATCH = "signature_algorithm_mismatch"
    AUTHORITY_AS_HOLDER = "authority_as_holder"
    # refused: the cryptography
    WEAK_KEY = "weak_key"
    WEAK_ALGORITHM = "weak_algorithm"
    ALGORITHM_NOT_ALLOWED = "algorithm_not_allowed"
    BAD_SIGNATURE = "bad_signature"
    # refused: the path
    NO_TRUSTED_PATH = "no_trusted_path"
    CHAIN_TOO_LONG = "chain_too_long"
    SEARCH_LIMIT = "search_limit"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"
    KEY_USAGE = "key_usage"
    EXTENDED_KEY_USAGE = "extended_key_usage"
    AUTHORITY_REVOKED = "authority_revoked"
    PATH_INVALID = "path_invalid"
    # the CA's word
    REVOKED = "revoked"
    # undecided: the CA could not be asked
    REVOCATION_UNKNOWN = "revocation_unknown"
    REVOCATION_STALE = "revocation_stale"


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """What the rest of the system needs to know of a certificate: no names of people.

    The subject, which may name a person, is kept as a digest of its DER. `issuer` (RFC 4514 text, a CA's name) and `serial_number` (hex, no leading zeros) are the
    identity an employer is bound to. `uscc` is None where the CA's settings do not find one.
    """

    fingerprint: str
    issuer: str
    serial_number: str
    subject_key_digest: str
    not_before: datetime
    not_after: datetime
    uscc: str | None = None
    subject_digest: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer to one check.

    `detail` is English for engineers and never holds a name; `chain` are SHA-256 fingerprints from
    the holder to the root, empty unless a path was found; `authority` is the name in the CA's
    settings of the authority the path leads to.
    """

    outcome: Outcome
    reason: CheckReason | None = None
    detail: str = ""
    authority: str | None = None
    certificate: CertificateFacts | None = None
    chain: tuple[str, ...] = ()

    @property
    def accepted(self) -> bool:
        return self.outcome is Outcome.ACCEPTED

    def as_json(self) -> dict[str, object]:
        """The shape printed by `hpf key check --json`; times are ISO 8601 in UTC."""
        facts = self.certificate
        return {
            "outcome": str(self.outcome),
            "reason": str(self.reason) if self.reason else None,
            "detail": self.detail,
            "authority": self.authority,
            "chain": list(self.chain),
            "certificate": facts
            and {
                "fingerprint": facts.fingerprint,
                "issuer": facts.issuer,
                "serial_number": facts.serial_number,
                "not_before": facts.not_before.isoformat(),
                "not_after": facts.not_after.isoformat(),
                "uscc": facts.uscc,
            },
        }
