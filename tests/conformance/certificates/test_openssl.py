"""Signatures and an SM2 path made by OpenSSL verify here; one flipped bit does not."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from services.auth.certificates import (
    Authority,
    AuthoritySettings,
    SignatureAlgorithm,
    TrustStore,
    UsccPlace,
    UsccWhere,
    Verdict,
    check_certificate,
    verify_signature,
)
from services.auth.certificates.reading import der_parts, read_certificate, read_crl

MADE = Path(__file__).parent / "openssl"
VECTORS = json.loads((MADE / "vectors.json").read_text())
MESSAGE = base64.b64decode(VECTORS["message"])
NOW = datetime(2027, 6, 2, tzinfo=UTC)

each_vector = pytest.mark.parametrize(
    "vector",
    VECTORS["signatures"],
    ids=[f"{each['algorithm']} {each.get('user_id', '')}" for each in VECTORS["signatures"]],
)


def der(name: str) -> bytes:
    return der_parts((MADE / name).read_bytes())[0]


def verifies(vector: dict[str, str], *, message: bytes, signature: bytes, **other: Any) -> bool:
    return verify_signature(
        der(other.get("certificate", vector["certificate"])),
        SignatureAlgorithm(other.get("algorithm", vector["algorithm"])),
        message=message,
        signature=signature,
        sm2_user_ids=(other.get("user_id", vector.get("user_id", "")),),
    )


@each_vector
def test_a_signature_of_openssl_verifies(vector: dict[str, str]) -> None:
    signature = base64.b64decode(vector["signature"])
    assert verifies(vector, message=MESSAGE, signature=signature)


@each_vector
def test_one_flipped_bit_does_not(vector: dict[str, str]) -> None:
    signature = base64.b64decode(vector["signature"])
    flipped = bytes([MESSAGE[0] ^ 1]) + MESSAGE[1:]
    assert not verifies(vector, message=flipped, signature=signature)
    for place in (0, len(signature) // 2, len(signature) - 1):
        changed = bytearray(signature)
        changed[place] ^= 1
        assert not verifies(vector, message=MESSAGE, signature=bytes(changed))


@each_vector
def test_a_signature_is_not_another_ones(vector: dict[str, str]) -> None:
    signature = base64.b64decode(vector["signature"])
    for other in VECTORS["signatures"]:
        if other["certificate"] != vector["certificate"]:
            certificate = other["certificate"]
            assert not verifies(
                vector, message=MESSAGE, signature=signature, certificate=certificate
            )
        if other["algorithm"] != vector["algorithm"]:
            algorithm = other["algorithm"]
            assert not verifies(vector, message=MESSAGE, signature=signature, algorithm=algorithm)


def test_the_sm2_user_id_must_fit_and_several_are_tried() -> None:
    custom = VECTORS["signatures"][5]
    signature = base64.b64decode(custom["signature"])
    assert not verifies(custom, message=MESSAGE, signature=signature, user_id="1234567812345678")
    assert verify_signature(
        der("sm2-holder.pem"),
        SignatureAlgorithm.SM2_SM3,
        message=MESSAGE,
        signature=signature,
        sm2_user_ids=("1234567812345678", "hall@example.org"),
    )


def sm2_verdict(*crls: str, at: datetime = NOW, **settings: Any) -> Verdict:
    where = UsccPlace(where=UsccWhere.EXTENSION, oid="1.2.156.112562.2.1.1.1")
    authority = Authority(
        AuthoritySettings(name="sm2", uscc=where, **settings),
        [read_certificate(der("sm2-root.pem"))],
        [read_certificate(der("sm2-ca.pem"))],
        [read_crl(der(name)) for name in crls],
    )
    return check_certificate(der("sm2-holder.pem"), trust=TrustStore([authority]), at=at)


def test_an_sm2_path_with_lists_is_accepted_and_the_uscc_found_in_its_extension() -> None:
    verdict = sm2_verdict("sm2-root.crl", "sm2-ca.crl")
    assert verdict.accepted
    assert verdict.certificate is not None
    assert verdict.certificate.uscc == "91130701MA0ABCDE1X"


def test_a_revoked_sm2_certificate_is_revoked() -> None:
    assert sm2_verdict("sm2-root.crl", "sm2-ca-revoked.crl").outcome == "revoked"


def test_an_sm2_path_without_list_is_undecided() -> None:
    assert sm2_verdict("sm2-root.crl").outcome == "undecided"


def test_an_sm2_path_needs_sm2_in_the_cas_settings() -> None:
    allowed = frozenset({SignatureAlgorithm.RSA_PKCS1_SHA256})
    assert sm2_verdict("sm2-root.crl", "sm2-ca.crl", algorithms=allowed).outcome == "refused"


def test_an_sm2_path_under_another_user_id_is_refused() -> None:
    assert sm2_verdict("sm2-root.crl", "sm2-ca.crl", sm2_user_ids=("other",)).outcome == "refused"


def test_one_flipped_bit_in_an_sm2_certificate_is_refused() -> None:
    whole = der("sm2-holder.pem")
    changed = whole[:-1] + bytes([whole[-1] ^ 1])
    authority = Authority(
        AuthoritySettings(name="sm2", crl_required=False),
        [read_certificate(der("sm2-root.pem"))],
        [read_certificate(der("sm2-ca.pem"))],
    )
    verdict = check_certificate(changed, trust=TrustStore([authority]), at=NOW)
    assert verdict.outcome == "refused"
