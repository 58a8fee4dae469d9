"""One interface for all signatures: RSA (PKCS#1 v1.5 and PSS), ECDSA on P-256 and P-384, SM2.

`verify_signature` answers for what a holder signed: the challenge of a login (manual §3), a submission;
`verify_with_key` does the same for certificates and revocation lists. Only what `SignatureAlgorithm` lists exists: SHA-1, MD5, DSA and
other curves are not weak options here, they are unknown.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from asn1crypto import algos, keys, x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from services.kit.sm2 import SM2_CURVE_OID, SM2_SM3_OID, is_sm2_point, verify_sm2

# GM/T 0009-2012 §10: the user id where nothing else is agreed.
DEFAULT_SM2_USER_ID = "1234567812345678"


class SignatureAlgorithm(StrEnum):
    """Names used in settings, in messages and in the audit trail."""

    RSA_PKCS1_SHA256 = "rsa-pkcs1-sha256"
    RSA_PKCS1_SHA384 = "rsa-pkcs1-sha384"
    RSA_PKCS1_SHA512 = "rsa-pkcs1-sha512"
    RSA_PSS_SHA256 = "rsa-pss-sha256"
    RSA_PSS_SHA384 = "rsa-pss-sha384"
    RSA_PSS_SHA512 = "rsa-pss-sha512"
    ECDSA_SHA256 = "ecdsa-sha256"
    ECDSA_SHA384 = "ecdsa-sha384"
    ECDSA_SHA512 = "ecdsa-sha512"
    SM2_SM3 = "sm2-sm3"

    @property
    def scheme(self) -> str:
        """`rsa-pkcs1`, `rsa-pss`, `ecdsa` or `sm2`."""
        return self.value.rpartition("-")[0]

    @property
    def digest(self) -> str:
        return self.value.rpartition("-")[2]


class KeyFamily(StrEnum):
    RSA = "rsa"
    EC = "ec"
    SM2 = "sm2"


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """What a public key is: `bits` for RSA, `curve` for EC (`secp256r1`, …)."""

    family: KeyFamily
    bits: int
    curve: str = ""


_DIGESTS: dict[str, hashes.HashAlgorithm] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
_CURVES = {"secp256r1", "secp384r1"}
_FAMILIES = {
    "rsa-pkcs1": KeyFamily.RSA,
    "rsa-pss": KeyFamily.RSA,
    "ecdsa": KeyFamily.EC,
    "sm2": KeyFamily.SM2,
}
_ENGINE_SCHEMES = {"rsassa_pkcs1v15": "rsa-pkcs1", "ecdsa": "ecdsa"}
# The largest exponent that any CA uses is 65537; a huge one makes each check slow.
_MAX_RSA_EXPONENT_BITS = 33


class UnknownAlgorithm(ValueError):
    """A key or signature algorithm that we do not accept at all."""


def verify_signature(
    certificate: bytes,
    algorithm: SignatureAlgorithm,
    *,
    message: bytes,
    signature: bytes,
    sm2_user_ids: Iterable[str] = (DEFAULT_SM2_USER_ID,),
) -> bool:
    """Whether `signature` is of `message` by the holder of the certificate (DER).

    ECDSA and SM2 signatures are DER sequences of two integers. PSS means MGF1 with the same digest
    and a salt of the digest's length. False too when the key cannot make such signatures at all.
    """
    try:
        key = x509.Certificate.load(certificate, strict=True).public_key
        return verify_with_key(
            key, algorithm, message=message, signature=signature, sm2_user_ids=sm2_user_ids
        )
    except (ValueError, TypeError, KeyError):
        return False


def verify_with_key(
    key: keys.PublicKeyInfo,
    algorithm: SignatureAlgorithm,
    *,
    message: bytes,
    signature: bytes,
    sm2_user_ids: Iterable[str] = (DEFAULT_SM2_USER_ID,),
    pss_salt_bytes: int | None = None,
) -> bool:
    """The same with the key itself; `pss_salt_bytes` where a certificate states another length."""
    try:
        if key_facts(key).family is not _FAMILIES[algorithm.scheme]:
            return False
        if algorithm is SignatureAlgorithm.SM2_SM3:
            point = _point(key)
            return any(
                verify_sm2(point, message, signature=signature, user_id=user_id.encode())
                for user_id in sm2_user_ids
            )
        _verify_with_openssl(key, algorithm, message, signature, pss_salt_bytes)
    except (InvalidSignature, UnsupportedAlgorithm, UnknownAlgorithm):
        return False
    return True


def key_facts(key: keys.PublicKeyInfo) -> KeyFacts:
    """What the key is. Raises `UnknownAlgorithm` for what no check here can use."""
    try:
        name = key["algorithm"]["algorithm"].native
        if name in ("rsa", "rsassa_pss"):
            return _rsa_facts(key)
        if name == "ec":
            curve = key["algorithm"]["parameters"].chosen.native
            if curve == SM2_CURVE_OID and is_sm2_point(_point(key)):
                return KeyFacts(KeyFamily.SM2, 256, "sm2p256v1")
            if curve in _CURVES:
                return KeyFacts(KeyFamily.EC, int(curve[4:7]), curve)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise UnknownAlgorithm("the public key cannot be read") from error
    raise UnknownAlgorithm("the public key is of no accepted kind")


def algorithm_of(
    declared: algos.SignedDigestAlgorithm,
) -> tuple[SignatureAlgorithm, int | None]:
    """The algorithm a certificate or list says it is signed with, and the PSS salt length.

    Raises `UnknownAlgorithm`: SHA-1, MD5, DSA, PSS with mixed digests and all else.
    """
    try:
        if declared["algorithm"].dotted == SM2_SM3_OID:
            return SignatureAlgorithm.SM2_SM3, None
        if declared.signature_algo == "rsassa_pss":
            return _pss_of(declared["parameters"])
        scheme = _ENGINE_SCHEMES.get(declared.signature_algo)
        return SignatureAlgorithm(f"{scheme}-{declared.hash_algo}"), None
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise UnknownAlgorithm("the signature algorithm is of no accepted kind") from error


def _pss_of(parameters: algos.RSASSAPSSParams) -> tuple[SignatureAlgorithm, int]:
    digest = parameters["hash_algorithm"]["algorithm"].native
    mask = parameters["mask_gen_algorithm"]
    if mask["algorithm"].native != "mgf1" or mask["parameters"]["algorithm"].native != digest:
        raise UnknownAlgorithm("PSS with two digests")
    if parameters["trailer_field"].native not in (1, "trailer_field_bc"):
        raise UnknownAlgorithm("PSS with another trailer")
    return SignatureAlgorithm(f"rsa-pss-{digest}"), int(parameters["salt_length"].native)


def _rsa_facts(key: keys.PublicKeyInfo) -> KeyFacts:
    numbers = key["public_key"].parsed
    modulus, exponent = numbers["modulus"].native, numbers["public_exponent"].native
    odd = modulus % 2 == 1 and exponent % 2 == 1
    if modulus <= 0 or exponent < 3 or exponent.bit_length() > _MAX_RSA_EXPONENT_BITS or not odd:
        raise UnknownAlgorithm("the RSA key is not one")
    return KeyFacts(KeyFamily.RSA, modulus.bit_length())


def _point(key: keys.PublicKeyInfo) -> bytes:
    point: bytes = key["public_key"].native
    return point


def _verify_with_openssl(
    key: keys.PublicKeyInfo,
    algorithm: SignatureAlgorithm,
    message: bytes,
    signature: bytes,
    pss_salt_bytes: int | None,
) -> None:
    digest = _DIGESTS[algorithm.digest]
    loaded = _load(key)
    if isinstance(loaded, rsa.RSAPublicKey):
        if algorithm.scheme == "rsa-pss":
            salt = digest.digest_size if pss_salt_bytes is None else pss_salt_bytes
            loaded.verify(signature, message, padding.PSS(padding.MGF1(digest), salt), digest)
        else:
            loaded.verify(signature, message, padding.PKCS1v15(), digest)
    elif isinstance(loaded, ec.EllipticCurvePublicKey):
        loaded.verify(signature, message, ec.ECDSA(digest))
    else:
        raise UnknownAlgorithm("the public key is of no accepted kind")


def _load(key: keys.PublicKeyInfo) -> object:
    if key["algorithm"]["algorithm"].native == "rsassa_pss":
        # OpenSSL's loader wants a plain RSA key; the restriction to PSS was checked by the lint.
        key = keys.PublicKeyInfo(
            {"algorithm": {"algorithm": "rsa"}, "public_key": key["public_key"].parsed}
        )
    try:
        return load_der_public_key(key.dump())
    except ValueError as error:
        raise UnknownAlgorithm("the public key cannot be read") from error
