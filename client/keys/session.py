"""What is done inside one open PKCS#11 session: find, sign, generate, store."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import pkcs11
from asn1crypto import core, csr, x509
from asn1crypto.keys import PublicKeyInfo, RSAPublicKey
from cryptography.hazmat.primitives import hashes
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass
from pkcs11.util.ec import encode_ecdsa_signature

from client.keys.errors import KeyAbsent, KeyCannot


class SigningAlgorithm(StrEnum):
    """How a key signs; the names are those of the server's settings."""

    RSA_PKCS1_SHA256 = "rsa-pkcs1-sha256"
    RSA_PSS_SHA256 = "rsa-pss-sha256"
    ECDSA_SHA256 = "ecdsa-sha256"
    ECDSA_SHA384 = "ecdsa-sha384"


# asn1crypto's names of the two that `algorithm_for` can answer with.
_IN_REQUESTS = {
    SigningAlgorithm.RSA_PKCS1_SHA256: "sha256_rsa",
    SigningAlgorithm.ECDSA_SHA256: "sha256_ecdsa",
    SigningAlgorithm.ECDSA_SHA384: "sha384_ecdsa",
}


@dataclass(frozen=True, slots=True)
class KeyCertificate:
    """A certificate on a token and the id of the key that belongs to it."""

    token: str
    key_id: bytes
    der: bytes
    subject: str
    issuer: str
    serial_number: str
    not_before: datetime
    not_after: datetime

    def days_left(self, now: datetime) -> int:
        """Whole days until it ends, negative when it has ended (manual §10)."""
        return (self.not_after - now).days


def algorithm_for(key: Any) -> SigningAlgorithm:
    """The algorithm that a private key signs logins with."""
    if key.key_type is KeyType.RSA:
        return SigningAlgorithm.RSA_PKCS1_SHA256
    if key.key_type is KeyType.EC:
        bits = {"1.2.840.10045.3.1.7": 256, "1.3.132.0.34": 384}
        curve = core.ObjectIdentifier.load(bytes(key[Attribute.EC_PARAMS])).dotted
        if curve in bits:
            return SigningAlgorithm(f"ecdsa-sha{bits[curve]}")
    raise KeyCannot("a key of an unknown kind")


def sign_with(key: Any, message: bytes, algorithm: SigningAlgorithm) -> bytes:
    if algorithm is SigningAlgorithm.RSA_PKCS1_SHA256:
        return bytes(key.sign(message, mechanism=Mechanism.SHA256_RSA_PKCS))
    if algorithm is SigningAlgorithm.RSA_PSS_SHA256:
        parameters = (Mechanism.SHA256, pkcs11.MGF.SHA256, 32)
        return bytes(
            key.sign(
                message,
                mechanism=Mechanism.SHA256_RSA_PKCS_PSS,
                mechanism_param=parameters,
            )
        )
    # SoftHSM2 and many tokens have no ECDSA with digest: digest here.
    digest = hashes.Hash(
        hashes.SHA256() if algorithm is SigningAlgorithm.ECDSA_SHA256 else hashes.SHA384()
    )
    digest.update(message)
    raw = key.sign(digest.finalize(), mechanism=Mechanism.ECDSA)
    return bytes(encode_ecdsa_signature(raw))


def generate_pair(session: Any, key_id: bytes, kind: KeyType) -> None:
    if kind is KeyType.RSA:
        session.generate_keypair(KeyType.RSA, 2048, id=key_id, label="key", store=True)
        return
    curve = session.create_domain_parameters(
        KeyType.EC,
        {Attribute.EC_PARAMS: pkcs11.util.ec.encode_named_curve_parameters("secp256r1")},
        local=True,
    )
    curve.generate_keypair(id=key_id, label="key", store=True)


def public_half(session: Any, key_id: bytes) -> bytes:
    wanted = {Attribute.CLASS: ObjectClass.PUBLIC_KEY, Attribute.ID: key_id}
    found = list(session.get_objects(wanted))
    if not found:
        raise KeyAbsent("no public key of that id")
    key = found[0]
    if key.key_type is KeyType.RSA:
        inner = pkcs11.util.rsa.encode_rsa_public_key(key)
        info = PublicKeyInfo.wrap(RSAPublicKey.load(inner), "rsa")
        return bytes(info.dump())
    return bytes(pkcs11.util.ec.encode_ec_public_key(key))


def private_key(session: Any, key_id: bytes) -> Any:
    wanted = {Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.ID: key_id}
    found = list(session.get_objects(wanted))
    if not found:
        raise KeyAbsent("no private key of that id", zh="USBKEY 中没有该证书的私钥")
    return found[0]


def certificates_in(session: Any, label: str) -> Iterator[KeyCertificate]:
    # Consumed whole: an object search left open blocks the session for all else.
    for found in list(session.get_objects({Attribute.CLASS: ObjectClass.CERTIFICATE})):
        der = bytes(found[Attribute.VALUE])
        try:
            parsed = x509.Certificate.load(der, strict=True)
            yield KeyCertificate(
                token=label,
                key_id=bytes(found[Attribute.ID]),
                der=der,
                subject=parsed.subject.human_friendly,
                issuer=parsed.issuer.human_friendly,
                serial_number=f"{parsed.serial_number:x}",
                not_before=parsed.not_valid_before,
                not_after=parsed.not_valid_after,
            )
        except (ValueError, TypeError, KeyError):
            continue  # a CA's own objects in a form of its own


def store_certificate(session: Any, key_id: bytes, der: bytes) -> None:
    """Put a certificate beside its key, in place of the one that was there."""
    wanted = {Attribute.CLASS: ObjectClass.CERTIFICATE, Attribute.ID: key_id}
    for old in list(session.get_objects(wanted)):
        old.destroy()
    parsed = x509.Certificate.load(der)
    session.create_object(
        {
            Attribute.CLASS: ObjectClass.CERTIFICATE,
            Attribute.CERTIFICATE_TYPE: pkcs11.CertificateType.X_509,
            Attribute.TOKEN: True,
            Attribute.ID: key_id,
            Attribute.LABEL: "certificate",
            Attribute.SUBJECT: parsed.subject.dump(),
            Attribute.ISSUER: parsed.issuer.dump(),
            Attribute.SERIAL_NUMBER: parsed["tbs_certificate"]["serial_number"].dump(),
            Attribute.VALUE: der,
        }
    )


def certificate_request(session: Any, key_id: bytes, present: bytes) -> bytes:
    """A PKCS#10 request with the subject of the present certificate."""
    key = private_key(session, key_id)
    algorithm = algorithm_for(key)
    info = csr.CertificationRequestInfo(
        {
            "version": "v1",
            "subject": x509.Certificate.load(present).subject,
            "subject_pk_info": PublicKeyInfo.load(public_half(session, key_id)),
            "attributes": csr.CRIAttributes([]),
        }
    )
    request = csr.CertificationRequest(
        {
            "certification_request_info": info,
            "signature_algorithm": {"algorithm": _IN_REQUESTS[algorithm]},
            "signature": sign_with(key, info.dump(), algorithm),
        }
    )
    return bytes(request.dump())
