"""Access tokens: short-lived, signed with Ed25519 by whoever opens sessions, checked without asking anybody.

A JSON Web Token (RFC 7519, `EdDSA`) without a person's name in it. Whoever checks holds the public key only, and
must besides refuse sessions known to have ended.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

ALGORITHM = "EdDSA"
ISSUER = "hpf.auth"
AUDIENCE = "hpf.edge"
# Two machines with NTP are milliseconds apart; more than this is a forged or a broken clock.
CLOCK_SKEW = timedelta(seconds=5)
# Ours are about 600 characters; a longer one is not decoded at all.
MAX_TOKEN_CHARS = 2048

_CLAIMS = ["iss", "aud", "sub", "sid", "crt", "cnf", "rol", "pol", "iat", "exp"]
#: RFC 8705: the digest of the certificate that the session belongs to.
_THUMBPRINT = "x5t#S256"


class TokenRefused(Exception):
    """The token opens nothing. Whether it is forged or merely old matters to nobody outside."""

    def __init__(self, *, expired: bool = False) -> None:
        super().__init__("expired" if expired else "not a token of ours")
        self.expired = expired


@dataclass(frozen=True, slots=True)
class AccessClaims:
    """What a token says: one agent's session at one employer, the certificate that opened it, what it may do, and
    what the employer's submissions need."""

    session_id: str
    employer_no: str
    certificate: str
    roles: tuple[str, ...]
    issued_at: datetime
    expires_at: datetime
    certificate_sha256: str = ""  # hex
    policies: tuple[str, ...] = ()


def issue_access_token(claims: AccessClaims, *, key: Ed25519PrivateKey) -> str:
    """The token for an `authorization: Bearer` header."""
    content = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": claims.employer_no,
        "sid": claims.session_id,
        "crt": claims.certificate,
        "cnf": {_THUMBPRINT: _thumbprint(claims.certificate_sha256)},
        "rol": list(claims.roles),
        "pol": list(claims.policies),
        "iat": int(claims.issued_at.timestamp()),
        "exp": int(claims.expires_at.timestamp()),
    }
    return jwt.encode(content, key, algorithm=ALGORITHM)


def verify_access_token(token: str, *, key: Ed25519PublicKey, now: datetime) -> AccessClaims:
    """What the token says, if it is ours and not expired at `now`. Raises TokenRefused."""
    if len(token) > MAX_TOKEN_CHARS:
        raise TokenRefused
    try:
        content: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=[ALGORITHM],
            audience=AUDIENCE,
            issuer=ISSUER,
            # Time is judged below, by the caller's clock.
            options={
                "require": _CLAIMS,
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
            },
        )
        claims = _claims(content)
    except (jwt.PyJWTError, ValueError, TypeError, KeyError, OverflowError):
        raise TokenRefused from None
    if now >= claims.expires_at:
        raise TokenRefused(expired=True)
    if claims.issued_at > now + CLOCK_SKEW:
        raise TokenRefused
    return claims


def load_signing_key(pem: bytes) -> Ed25519PrivateKey:
    """Raises ValueError when the PEM holds another kind of key."""
    key = load_pem_private_key(pem, password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError("the session signing key must be Ed25519")
    return key


def load_checking_key(pem: bytes) -> Ed25519PublicKey:
    """Raises ValueError when the PEM holds another kind of key."""
    key = load_pem_public_key(pem)
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError("the session checking key must be Ed25519")
    return key


def _claims(content: dict[str, Any]) -> AccessClaims:
    session_id, employer_no, certificate = content["sid"], content["sub"], content["crt"]
    roles, policies, thumbprint = content["rol"], content["pol"], content["cnf"][_THUMBPRINT]
    if not all(isinstance(text, str) and text for text in (session_id, employer_no, certificate)):
        raise ValueError("a claim is not text")
    for listed in (roles, policies):
        if not isinstance(listed, list) or not all(isinstance(each, str) for each in listed):
            raise ValueError("the roles or policies are not a list of texts")
    return AccessClaims(
        session_id,
        employer_no,
        certificate,
        tuple(roles),
        datetime.fromtimestamp(content["iat"], UTC),
        datetime.fromtimestamp(content["exp"], UTC),
        base64.urlsafe_b64decode(thumbprint + "=").hex(),
        tuple(policies),
    )


def _thumbprint(sha256_hex: str) -> str:
    """A digest as RFC 8705 writes it: base64url without padding."""
    return base64.urlsafe_b64encode(bytes.fromhex(sha256_hex)).rstrip(b"=").decode()
