"""The secrets of one local instance: data keys, session keys, the edge's certificate, the centre's seal.

Made once and kept, readable by the owner only; never used outside this machine.
"""

from __future__ import annotations

import base64
import json
import secrets
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from deploy.local import programs
from deploy.local.commands import SetupError
from deploy.local.daemons import write_secret

KEY_BYTES = 32
CERTIFICATE_DAYS = 365
RENEW_BEFORE = timedelta(days=1)
CLOCK_SKEW = timedelta(hours=1)
CENTRE_NAME = "张家口市住房公积金管理中心"
SEAL_LABEL = "seal"
SEAL_PIN_FILE = "seal.pin"
SEAL_CHAIN_FILE = "seal-chain.pem"


def make_data_keys(path: Path) -> None:
    """The keys that seal and index personal data; losing them loses the data."""
    if path.is_file():
        return
    keys = {"current": "k1", "keys": {"k1": _random_key()}, "index_key": _random_key()}
    write_secret(path, json.dumps(keys, indent=2))


def make_session_keys(private: Path, public: Path) -> None:
    """The pair that signs sessions and lets the edge check them."""
    if private.is_file() and public.is_file():
        return
    key = ed25519.Ed25519PrivateKey.generate()
    write_secret(private, _private_pem(key))
    shown = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    public.write_bytes(shown)


def make_edge_certificate(*, ca: Path, certificate: Path, key: Path, now: datetime) -> None:
    """A certificate for 127.0.0.1 from a CA made for it; the CA's key is not kept."""
    if certificate.is_file() and ca.is_file() and key.is_file():
        known = x509.load_pem_x509_certificate(certificate.read_bytes())
        if known.not_valid_after_utc > now + RENEW_BEFORE:
            return
    ca_key = ec.generate_private_key(ec.SECP256R1())
    edge_key = ec.generate_private_key(ec.SECP256R1())
    ca_name = _name("HPF local CA")
    issued_ca = (
        _unsigned(subject=ca_name, issuer=ca_name, key=ca_key, now=now)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_ca_usage(), critical=True)
        .sign(ca_key, hashes.SHA256())
    )
    addresses = [x509.DNSName("localhost"), x509.IPAddress(IPv4Address("127.0.0.1"))]
    issued = (
        _unsigned(subject=_name("localhost"), issuer=ca_name, key=edge_key, now=now)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(addresses), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()),
            critical=False,
        )
        .sign(ca_key, hashes.SHA256())
    )
    write_secret(key, _private_pem(edge_key))
    certificate.write_bytes(issued.public_bytes(serialization.Encoding.PEM))
    ca.write_bytes(issued_ca.public_bytes(serialization.Encoding.PEM))


def make_seal(pki_dir: Path, *, trust_dir: Path, secrets: Path) -> None:
    """The token with the centre's seal key, from the same demo CA as the employers' keys.

    `secrets` gets the token's PIN and the issuers' certificates. Without a soft token nothing is
    made, and documents are drawn with a seal and not signed.
    """
    # The demo CA needs the PKCS#11 library, which whoever only asks for a status need not load.
    from deploy.demo_ca import make_demo_pki, make_seal_key

    try:
        programs.softhsm()
    except SetupError:
        return
    pki = make_demo_pki(pki_dir, trust_dir=trust_dir)
    seal = make_seal_key(pki, name=CENTRE_NAME, label=SEAL_LABEL)
    write_secret(secrets / SEAL_PIN_FILE, seal.pin)
    chain = [each.public_bytes(serialization.Encoding.PEM) for each in (pki.issuing, pki.root)]
    (secrets / SEAL_CHAIN_FILE).write_bytes(b"".join(chain))


def seal_settings(pki_dir: Path, *, secrets: Path) -> dict[str, str]:
    """What the process that signs needs to find the seal; empty where there is none."""
    conf = pki_dir / "tokens" / SEAL_LABEL / "softhsm2.conf"
    if not conf.is_file():
        return {}
    return {
        "SOFTHSM2_CONF": str(conf),
        "RECEIPT_SEAL_TOKEN": SEAL_LABEL,
        "RECEIPT_SEAL_PIN_FILE": str(secrets / SEAL_PIN_FILE),
        "RECEIPT_SEAL_CHAIN_FILE": str(secrets / SEAL_CHAIN_FILE),
    }


def _random_key() -> str:
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def _private_pem(key: ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _unsigned(
    *, subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCK_SKEW)
        .not_valid_after(now + timedelta(days=CERTIFICATE_DAYS))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _ca_usage() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )


def utc_now() -> datetime:
    return datetime.now(UTC)
