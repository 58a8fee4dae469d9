"""Access tokens: ours, in time, unaltered; everything else is refused."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from services.auth.tokens import new_refresh_token, refresh_digest
from services.kit.access_tokens import (
    AccessClaims,
    TokenRefused,
    issue_access_token,
    load_checking_key,
    load_signing_key,
    verify_access_token,
)

KEY = ed25519.Ed25519PrivateKey.generate()
NOW = datetime(2025, 6, 2, tzinfo=UTC)
CLAIMS = AccessClaims("s-1", "1001", "CN=CA#1a", ("agent",), NOW, NOW + timedelta(minutes=10))
TOKEN = issue_access_token(CLAIMS, key=KEY)


def refused(token: str, *, now: datetime = NOW) -> TokenRefused:
    with pytest.raises(TokenRefused) as caught:
        verify_access_token(token, key=KEY.public_key(), now=now)
    return caught.value


def test_a_token_says_what_was_put_in() -> None:
    assert verify_access_token(TOKEN, key=KEY.public_key(), now=NOW) == CLAIMS


def test_a_token_carries_the_certificates_thumbprint_as_rfc_8705_writes_it() -> None:
    # `openssl dgst -sha256 -binary < /dev/null | basenc --base64url`, without its padding
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    claims = replace(CLAIMS, certificate_sha256=empty, policies=("approval_required",))
    token = issue_access_token(claims, key=KEY)
    body = token.split(".")[1]
    content = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    assert content["cnf"] == {"x5t#S256": "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"}
    assert content["pol"] == ["approval_required"]
    assert verify_access_token(token, key=KEY.public_key(), now=NOW) == claims


def test_a_token_expires_to_the_second() -> None:
    just = NOW + timedelta(minutes=10) - timedelta(microseconds=1)
    verify_access_token(TOKEN, key=KEY.public_key(), now=just)
    assert refused(TOKEN, now=NOW + timedelta(minutes=10)).expired


def test_a_token_from_the_future_is_refused_beyond_the_clock_skew() -> None:
    verify_access_token(TOKEN, key=KEY.public_key(), now=NOW - timedelta(seconds=5))
    assert not refused(TOKEN, now=NOW - timedelta(seconds=6)).expired


def test_a_token_of_another_key_is_refused() -> None:
    stranger = ed25519.Ed25519PrivateKey.generate()
    assert not refused(issue_access_token(CLAIMS, key=stranger)).expired


def test_an_altered_token_is_refused() -> None:
    head, body, signature = TOKEN.split(".")
    content = json.loads(base64.urlsafe_b64decode(body + "=="))
    content["sub"] = "1002"
    forged = base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()
    refused(f"{head}.{forged}.{signature}")


def test_other_algorithms_are_refused() -> None:
    content = {"iss": "hpf.auth", "aud": "hpf.edge", "sub": "1001", "sid": "s", "crt": "c",
               "rol": [], "iat": 1748822400, "exp": 1748823000}  # fmt: skip
    public = KEY.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    unsigned = jwt.encode(content, "", algorithm="none")
    refused(unsigned)
    secret = base64.b64encode(public).decode()
    refused(jwt.encode(content, secret, algorithm="HS256"))
    refused(jwt.encode(content, ec.generate_private_key(ec.SECP256R1()), algorithm="ES256"))


@pytest.mark.parametrize("name", ["iss", "aud", "sub", "sid", "crt", "rol", "iat", "exp"])
def test_a_token_lacking_a_claim_is_refused(name: str) -> None:
    content = jwt.decode(
        TOKEN, KEY.public_key(), algorithms=["EdDSA"], audience="hpf.edge",
        options={"verify_exp": False},
    )  # fmt: skip
    del content[name]
    refused(jwt.encode(content, KEY, algorithm="EdDSA"))


@pytest.mark.parametrize(
    ("name", "content"),
    [("sub", ""), ("sid", 5), ("rol", "agent"), ("exp", "soon"), ("iat", 1e30), ("rol", [1])],
)
def test_a_claim_of_the_wrong_kind_is_refused(name: str, content: object) -> None:
    decoded = jwt.decode(
        TOKEN, KEY.public_key(), algorithms=["EdDSA"], audience="hpf.edge",
        options={"verify_exp": False},
    )  # fmt: skip
    refused(jwt.encode({**decoded, name: content}, KEY, algorithm="EdDSA"))


def test_a_token_for_somebody_else_is_refused() -> None:
    decoded = jwt.decode(
        TOKEN, KEY.public_key(), algorithms=["EdDSA"], audience="hpf.edge",
        options={"verify_exp": False},
    )  # fmt: skip
    refused(jwt.encode({**decoded, "aud": "elsewhere"}, KEY, algorithm="EdDSA"))


@pytest.mark.parametrize("text", ["", "a.b.c", "x" * 3000, "....", "é.é.é"])
def test_noise_is_refused(text: str) -> None:
    refused(text)


def test_only_ed25519_keys_are_loaded() -> None:
    other = ec.generate_private_key(ec.SECP256R1())
    private = other.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    public = other.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    with pytest.raises(ValueError, match="Ed25519"):
        load_signing_key(private)
    with pytest.raises(ValueError, match="Ed25519"):
        load_checking_key(public)


def test_refresh_tokens_are_long_and_kept_as_digests() -> None:
    one, other = new_refresh_token(), new_refresh_token()
    assert one != other
    assert len(one) == 43
    assert refresh_digest(one) != refresh_digest(other)
    assert one.encode() not in refresh_digest(one)


def test_roles_are_carried() -> None:
    claims = replace(CLAIMS, roles=("agent", "reviewer"))
    token = issue_access_token(claims, key=KEY)
    assert verify_access_token(token, key=KEY.public_key(), now=NOW).roles == ("agent", "reviewer")
