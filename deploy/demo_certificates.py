"""What the demo CA's certificates look like: authorities, employers' keys, the centre's seal."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CA_NAME = "演示CA"
USCC_OID = x509.ObjectIdentifier("2.5.4.97")  # organizationIdentifier
CA_DAYS = 3650
HOLDER_DAYS = 365
# Machines whose clocks are a little behind shall not find a certificate too new.
CLOCK_SKEW = timedelta(hours=1)


def employer_form(
    name: str, *, uscc: str, now: datetime, not_after: datetime | None
) -> x509.CertificateBuilder:
    """For logging in: the uscc in the subject, clientAuth."""
    uscc_attribute = x509.NameAttribute(USCC_OID, uscc)
    client_auth = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
    end = not_after or now + timedelta(days=HOLDER_DAYS)
    form = _holder_form(_name(name, name, uscc_attribute), now=now, not_after=end)
    return form.add_extension(client_auth, critical=False)


def seal_form(name: str, *, now: datetime) -> x509.CertificateBuilder:
    """For signing PDFs: no uscc, so nobody can log in with it."""
    end = now + timedelta(days=CA_DAYS // 2)
    return _holder_form(_name(name, f"{name}电子印章"), now=now, not_after=end)


def authority_form(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    *,
    now: datetime,
    path_length: int,
) -> x509.CertificateBuilder:
    own = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(new_serial_number())
        .not_valid_before(now - CLOCK_SKEW)
        .not_valid_after(now + timedelta(days=CA_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
        .add_extension(_usage("key_cert_sign", "crl_sign"), critical=True)
        .add_extension(own, critical=False)
    )


def authority_name(what: str) -> x509.Name:
    return _name(CA_NAME, f"{CA_NAME}{what}")


def new_serial_number() -> int:
    return secrets.randbits(120) | 1 << 120


def _holder_form(
    subject: x509.Name, *, now: datetime, not_after: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .not_valid_before(now - CLOCK_SKEW)
        .not_valid_after(not_after)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage("digital_signature", "content_commitment"), critical=True)
    )


def _name(organization: str, common: str, *more: x509.NameAttribute[str]) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization),
            *more,
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def _usage(*named: str) -> x509.KeyUsage:
    kinds = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    )
    return x509.KeyUsage(**{kind: kind in named for kind in kinds})
