"""A certification authority for the demo and for tests, with USB keys made of SoftHSM2 tokens (manual §1–§3).

    root_dir/
      trust/democa/       what auth trusts: ca.toml, ca.pem, intermediates/, crls/ (see `trust_dir`)
      private/            the CA's keys; a real CA's are not on this machine
      tokens/NAME/        one token directory for each key, with its softhsm2.conf

Never for production: the CA's keys lie in files.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key, load_pem_private_key
from pkcs11 import KeyType

from client.usbkey import UsbKeys, find_module
from deploy.demo_certificates import (
    CA_NAME,
    CLOCK_SKEW,
    USCC_OID,
    authority_form,
    authority_name,
    employer_form,
    new_serial_number,
    seal_form,
)
from deploy.local.programs import softhsm

# Manual §2: the PIN that a new key comes with.
FIRST_PIN = "123456"
SO_PIN = "12345678"
KEY_ID = b"\x01"
CA_FOLDER = "democa"
# A demo that is left alone for half a year should still let people in.
CRL_DAYS = 365
_SETTINGS = f"""\
name = "{CA_NAME}"
crl_required = true
key_usage = "required"
extended_key_usage = "optional"
algorithms = ["rsa-pkcs1-sha256", "rsa-pss-sha256", "ecdsa-sha256", "ecdsa-sha384", "sm2-sm3"]

[uscc]
where = "subject"
oid = "{USCC_OID.dotted_string}"
"""
_SOFTHSM_CONF = """\
directories.tokendir = {tokens}
objectstore.backend = file
log.level = ERROR
slots.removable = true
"""


@dataclass(frozen=True)
class UsbKey:
    """A made token: where it is, how to open it, what is on it."""

    label: str
    pin: str
    key_id: bytes
    certificate: bytes
    module: Path
    softhsm_conf: Path

    @property
    def keys(self) -> UsbKeys:
        """The tokens of this key's directory, for the client."""
        return UsbKeys(self.module, softhsm_conf=self.softhsm_conf)

    @property
    def environment(self) -> dict[str, str]:
        """What another program needs to find the token."""
        return {
            "HPF_PKCS11_MODULE": str(self.module),
            "SOFTHSM2_CONF": str(self.softhsm_conf),
        }


@dataclass(frozen=True)
class DemoPki:
    """The CA: a root, an issuing CA below it, their revocation lists."""

    root_dir: Path
    trust_dir: Path

    @property
    def folder(self) -> Path:
        """Where the CA's files lie in the trust directory."""
        return self.trust_dir / CA_FOLDER

    @property
    def root(self) -> x509.Certificate:
        return x509.load_pem_x509_certificate((self.folder / "ca.pem").read_bytes())

    @property
    def issuing(self) -> x509.Certificate:
        found = self.folder / "intermediates" / "issuing.pem"
        return x509.load_pem_x509_certificate(found.read_bytes())

    def issue(self, builder: x509.CertificateBuilder) -> x509.Certificate:
        """Sign a holder's certificate: serial and issuer are filled in here."""
        issuing = self.issuing
        own = x509.SubjectKeyIdentifier.from_public_key(issuing.public_key())
        authority = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own)
        return (
            builder.issuer_name(issuing.subject)
            .serial_number(new_serial_number())
            .add_extension(authority, critical=False)
            .sign(_load_key(self.root_dir, "issuing"), hashes.SHA256())
        )

    def revoke(self, certificate: bytes, *, now: datetime | None = None) -> None:
        """Put a holder's certificate (DER) on the issuing CA's list, at once."""
        serial = x509.load_der_x509_certificate(certificate).serial_number
        self._write_crl("issuing", self.issuing, [serial], now=now or datetime.now(UTC))

    def write_crls(self, *, now: datetime) -> None:
        """Fresh lists with what was revoked before."""
        self._write_crl("root", self.root, [], now=now)
        self._write_crl("issuing", self.issuing, [], now=now)

    def _write_crl(
        self, name: str, issuer: x509.Certificate, serials: Sequence[int], *, now: datetime
    ) -> None:
        path = self.folder / "crls" / f"{name}.crl"
        path.parent.mkdir(exist_ok=True)
        number, known = 0, []
        if path.exists():
            last = x509.load_der_x509_crl(path.read_bytes())
            number = last.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
            known = list(last)
        own = x509.SubjectKeyIdentifier.from_public_key(issuer.public_key())
        authority = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own)
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(issuer.subject)
            .last_update(now - CLOCK_SKEW)
            .next_update(now + timedelta(days=CRL_DAYS))
            .add_extension(x509.CRLNumber(number + 1), critical=False)
            .add_extension(authority, critical=False)
        )
        for entry in known:
            builder = builder.add_revoked_certificate(entry)
        for serial in serials:
            revoked = x509.RevokedCertificateBuilder().serial_number(serial)
            builder = builder.add_revoked_certificate(
                revoked.revocation_date(now - timedelta(seconds=1)).build()
            )
        signed = builder.sign(_load_key(self.root_dir, name), hashes.SHA256())
        _replace(path, signed.public_bytes(serialization.Encoding.DER))


def make_demo_pki(
    root_dir: Path, *, trust_dir: Path | None = None, now: datetime | None = None
) -> DemoPki:
    """Make the CA, or find the one that was made there before; its lists are renewed.

    `trust_dir` is the directory that auth reads (`AUTH_TRUST_DIR`), `root_dir/trust` by default.
    """
    now = now or datetime.now(UTC)
    pki = DemoPki(root_dir, trust_dir or root_dir / "trust")
    if not (pki.folder / "ca.toml").exists():
        private = root_dir / "private"
        private.mkdir(parents=True, exist_ok=True)
        private.chmod(0o700)
        (pki.folder / "intermediates").mkdir(parents=True, exist_ok=True)
        _make_authorities(pki, now=now)
        pki.write_crls(now=now)
        # Last: a folder counts as a CA from the moment it has this file.
        _replace(pki.folder / "ca.toml", _SETTINGS.encode())
    else:
        pki.write_crls(now=now)
    return pki


def make_usb_key(
    pki: DemoPki,
    *,
    name: str,
    uscc: str,
    label: str,
    pin: str = FIRST_PIN,
    kind: KeyType = KeyType.RSA,
    not_after: datetime | None = None,
    now: datetime | None = None,
) -> UsbKey:
    """A USB key for an employer: the key pair is made on the token and stays there.

    The same label again finds the key that was made before. Takes 0.3 s (RSA-2048).
    """
    now = now or datetime.now(UTC)
    builder = employer_form(name, uscc=uscc, now=now, not_after=not_after)
    return _make_token(pki, builder, label=label, pin=pin, kind=kind)


def make_seal_key(
    pki: DemoPki,
    *,
    name: str,
    label: str = "seal",
    pin: str = FIRST_PIN,
    now: datetime | None = None,
) -> UsbKey:
    """The token with the centre's seal key, for signing PDFs."""
    builder = seal_form(name, now=now or datetime.now(UTC))
    return _make_token(pki, builder, label=label, pin=pin, kind=KeyType.RSA)


def softhsm_conf(tokens: Path) -> str:
    """The content of the file that SOFTHSM2_CONF names, for tokens in this folder."""
    return _SOFTHSM_CONF.format(tokens=tokens)


def _make_token(
    pki: DemoPki, builder: x509.CertificateBuilder, *, label: str, pin: str, kind: KeyType
) -> UsbKey:
    folder = pki.root_dir / "tokens" / label
    conf, certificate = folder / "softhsm2.conf", folder / "certificate.der"
    module = find_module()
    if certificate.exists():
        return UsbKey(label, pin, KEY_ID, certificate.read_bytes(), module, conf)
    # What is left of a making that was broken off is of no use.
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "tokens").mkdir(parents=True)
    folder.chmod(0o700)
    conf.write_text(softhsm_conf(folder / "tokens"), encoding="utf-8")
    _init_token(conf, module=module, label=label, pin=pin)
    keys = UsbKeys(module, softhsm_conf=conf)
    keys.generate_key(label, pin=pin, key_id=KEY_ID, kind=kind)
    public = load_der_public_key(keys.public_key(label, pin=pin, key_id=KEY_ID))
    ski = x509.SubjectKeyIdentifier.from_public_key(public)  # type: ignore[arg-type]  # RSA or EC
    signed = pki.issue(
        builder.public_key(public).add_extension(ski, critical=False)  # type: ignore[arg-type]  # RSA or EC
    )
    der = signed.public_bytes(serialization.Encoding.DER)
    keys.store_certificate(label, der, pin=pin, key_id=KEY_ID)
    _replace(certificate, der)
    return UsbKey(label, pin, KEY_ID, der, module, conf)


def _init_token(conf: Path, *, module: Path, label: str, pin: str) -> None:
    command = [str(softhsm().util), "--module", str(module), "--init-token", "--free"]
    command += ["--label", label, "--so-pin", SO_PIN, "--pin", pin]
    subprocess.run(
        command,
        env={**os.environ, "SOFTHSM2_CONF": str(conf)},
        check=True,
        stdout=subprocess.DEVNULL,
        timeout=30,
    )


def _make_authorities(pki: DemoPki, *, now: datetime) -> None:
    keys = {name: ec.generate_private_key(ec.SECP256R1()) for name in ("root", "issuing")}
    for name, key in keys.items():
        path = pki.root_dir / "private" / f"{name}.pem"
        path.touch(mode=0o600)
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
    root_name, issuing_name = authority_name("根证书"), authority_name("签发证书")
    root_id = x509.SubjectKeyIdentifier.from_public_key(keys["root"].public_key())
    authority = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(root_id)
    root = authority_form(root_name, root_name, keys["root"], now=now, path_length=1)
    issuing = authority_form(issuing_name, root_name, keys["issuing"], now=now, path_length=0)
    issuing = issuing.add_extension(authority, critical=False)
    for path, builder in (
        (pki.folder / "ca.pem", root),
        (pki.folder / "intermediates" / "issuing.pem", issuing),
    ):
        signed = builder.sign(keys["root"], hashes.SHA256())
        _replace(path, signed.public_bytes(serialization.Encoding.PEM))


def _load_key(root_dir: Path, name: str) -> ec.EllipticCurvePrivateKey:
    pem = (root_dir / "private" / f"{name}.pem").read_bytes()
    key = load_pem_private_key(pem, password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError(f"{name}.pem is not the CA's key")
    return key


def _replace(path: Path, content: bytes) -> None:
    """Whole or not at all: auth may be reading the directory."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_bytes(content)
    fresh.replace(path)
