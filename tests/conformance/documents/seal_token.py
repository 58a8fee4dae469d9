"""A throw-away seal: a root, an intermediate, and a key made on a SoftHSM2 token with its certificate beside it."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pkcs11
from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pkcs11 import Attribute, KeyType, ObjectClass
from pkcs11.util.ec import encode_ec_public_key, encode_named_curve_parameters
from pkcs11.util.rsa import encode_rsa_public_key
from pyhanko.sign.timestamps import DummyTimeStamper

from deploy.local import programs
from services.receipt.rendering.signing import SealKey

PIN = "87654321"
TOKEN = "seal"
KEY_IDS = {KeyType.RSA: b"\x01", KeyType.EC: b"\x02"}
VALID_FROM = datetime(2020, 1, 1, tzinfo=UTC)
VALID_UNTIL = datetime(2030, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Issuer:
    """A certificate authority of the test."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def asn1(self) -> asn1_x509.Certificate:
        return as_asn1(self.certificate)

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)


@dataclass(frozen=True)
class SealToken:
    """The token and who vouches for it."""

    module: Path
    root: Issuer
    intermediate: Issuer

    def key(self, kind: KeyType = KeyType.RSA, *, pin: str = PIN, token: str = TOKEN) -> SealKey:
        return SealKey(
            module=self.module,
            token_label=token,
            pin=pin,
            key_id=KEY_IDS[kind],
            chain=self.intermediate.pem,
        )


def as_asn1(certificate: x509.Certificate) -> asn1_x509.Certificate:
    """The same certificate as pyHanko wants it."""
    return asn1_x509.Certificate.load(certificate.public_bytes(serialization.Encoding.DER))


def make_seal_token(folder: Path) -> SealToken:
    """Make the token below `folder`; SOFTHSM2_CONF already names `folder / softhsm2.conf`."""
    softhsm = programs.softhsm()
    (folder / "tokens").mkdir()
    (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder / 'tokens'}\n")
    subprocess.run(
        [
            softhsm.util,
            "--module",
            softhsm.module,
            "--init-token",
            "--free",
            "--label",
            TOKEN,
            "--pin",
            PIN,
            "--so-pin",
            PIN,
        ],
        check=True,
        capture_output=True,
    )
    root = make_issuer("测试根证书")
    intermediate = make_issuer("测试中级证书", by=root)
    _fill(softhsm.module, intermediate)
    return SealToken(softhsm.module, root, intermediate)


def make_issuer(name: str, *, by: Issuer | None = None) -> Issuer:
    """A root, or an intermediate issued `by` another."""
    key = ec.generate_private_key(ec.SECP256R1())
    issuer_name = by.certificate.subject if by else _name(name)
    builder = _builder(_name(name), issuer_name, key.public_key()).add_extension(
        x509.BasicConstraints(ca=True, path_length=None), critical=True
    )
    return Issuer(builder.sign(by.key if by else key, hashes.SHA256()), key)


def make_time_stamper(*, by: Issuer) -> DummyTimeStamper:
    """A time stamp service in this process; its tokens are real."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    builder = _builder(_name("测试时间戳"), by.certificate.subject, key.public_key())
    certificate = builder.add_extension(
        x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True
    ).sign(by.key, hashes.SHA256())
    private = key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return DummyTimeStamper(
        tsa_cert=as_asn1(certificate),
        tsa_key=asn1_keys.PrivateKeyInfo.load(private),
        fixed_dt=datetime(2024, 5, 1, 9, 31, tzinfo=UTC),
    )


def _fill(module: Path, issuer: Issuer) -> None:
    library = pkcs11.lib(str(module))
    library.reinitialize()
    with library.get_token(token_label=TOKEN).open(rw=True, user_pin=PIN) as session:
        for kind, public in _key_pairs(session):
            certificate = _builder(
                _name("张家口市住房公积金管理中心"),
                issuer.certificate.subject,
                serialization.load_der_public_key(public),
            ).sign(issuer.key, hashes.SHA256())
            der = certificate.public_bytes(serialization.Encoding.DER)
            parsed = asn1_x509.Certificate.load(der)
            session.create_object(
                {
                    Attribute.CLASS: ObjectClass.CERTIFICATE,
                    Attribute.CERTIFICATE_TYPE: pkcs11.CertificateType.X_509,
                    Attribute.TOKEN: True,
                    Attribute.ID: KEY_IDS[kind],
                    Attribute.LABEL: "certificate",
                    Attribute.SUBJECT: parsed.subject.dump(),
                    Attribute.VALUE: der,
                }
            )


def _key_pairs(session: pkcs11.Session) -> list[tuple[KeyType, bytes]]:
    public, _ = session.generate_keypair(
        KeyType.RSA, 2048, store=True, id=KEY_IDS[KeyType.RSA], label="seal-rsa"
    )
    rsa_info = asn1_keys.PublicKeyInfo.wrap(encode_rsa_public_key(public), "rsa").dump()
    parameters = session.create_domain_parameters(
        KeyType.EC, {Attribute.EC_PARAMS: encode_named_curve_parameters("secp256r1")}, local=True
    )
    public, _ = parameters.generate_keypair(store=True, id=KEY_IDS[KeyType.EC], label="seal-ec")
    return [(KeyType.RSA, rsa_info), (KeyType.EC, encode_ec_public_key(public))]


def _name(common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def _builder(subject: x509.Name, issuer: x509.Name, public_key: object) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(VALID_FROM)
        .not_valid_after(VALID_UNTIL)
        .add_extension(
            x509.KeyUsage(
                digital_signature=True,
                content_commitment=True,
                key_cert_sign=True,
                crl_sign=True,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
    )
