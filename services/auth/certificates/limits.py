"""Limits of a check, each with its reason: whoever hands us a certificate cannot make us work long."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CheckPolicy:
    """The same for every CA; what differs by CA is in `AuthoritySettings`."""

    # A holder's certificate of a Chinese CA is 1-3 KiB; private extensions may double that.
    max_certificate_bytes: int = 16 * 1024
    # Root and issuing CA with one cross certificate in between make four; eight leaves room.
    max_chain_length: int = 8
    # Each candidate path costs 2-10 ms in the engine: 64 are under a second.
    max_paths: int = 64
    # RSA and ECDSA cost 0.1 ms each, SM2 30 ms: 256 are seconds at the very worst, never a hang.
    max_signature_checks: int = 256
    # RFC 5280: at most 20 octets, positive.
    max_serial_octets: int = 20
    # Below 2048 bits RSA is not accepted any more (SP 800-131A); above 8192 a check is a burden.
    min_rsa_bits: int = 2048
    max_rsa_bits: int = 8192
    # Name constraints are compared pairwise with names: 128 x 128 string comparisons at most.
    max_names: int = 128
    max_name_constraints: int = 128
    # What a key that logs in must be for, in RFC 5280's names written small; None asks for nothing.
    key_usage: str | None = "digital_signature"
    purpose: str | None = "client_auth"
    # A CA's own key never logs in. Suites of path validation check CA certificates as ends of paths.
    holder_may_be_authority: bool = False


DEFAULT_POLICY = CheckPolicy()
