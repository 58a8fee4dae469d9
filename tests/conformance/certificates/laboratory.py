"""A laboratory that makes certificates, lists and OCSP answers as right or as wrong as a case wants them.

Built with asn1crypto, field by field: the usual builders refuse to make what a check must refuse.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from asn1crypto import algos, core, crl, keys, x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509 import OCSPNonce, load_der_x509_certificate, ocsp

from services.auth.certificates import Authority, AuthoritySettings, TrustStore, check_certificate
from services.auth.certificates.reading import Unreadable, read_certificate, read_crl

NOW = datetime(2025, 6, 2, tzinfo=UTC)
DAY = timedelta(days=1)
USCC = "91130701MA0ABCDE1X"

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True)
class Made:
    """A certificate with its key."""

    der: bytes
    key: Any

    @property
    def parsed(self) -> x509.Certificate:
        return x509.Certificate.load(self.der)

    @property
    def subject(self) -> x509.Name:
        return self.parsed.subject


@dataclass
class Lab:
    """One CA: a root, an issuing CA, their lists. Cases change what they need and `check`."""

    root: Made = field(init=False)
    issuing: Made = field(init=False)
    serial: int = 1000

    def __post_init__(self) -> None:
        self.root = self.make("Root", ca=True, path_length=2)
        self.issuing = self.make("Issuing", issuer=self.root, ca=True, path_length=0)

    def make(
        self,
        name: str | None,
        *,
        issuer: Made | None = None,
        ca: bool = False,
        path_length: int | None = None,
        key: Key | None = None,
        serial: int | None = None,
        valid: tuple[datetime, datetime] = (NOW - DAY, NOW + 30 * DAY),
        change: Mapping[str, Any] | None = None,
        extra: Sequence[tuple[str, bool, Any]] = (),
        tbs: Mapping[str, Any] | None = None,
        algorithm: str | None = None,
        subject: x509.Name | None = None,
    ) -> Made:
        """A certificate signed by `issuer`, or by itself. `change` replaces extensions by name with
        (critical, value), or drops them with None; `extra` adds some; `tbs` replaces fields."""
        key = key or ec.generate_private_key(ec.SECP256R1())
        signer = issuer.key if issuer else key
        self.serial += 1
        named = name_of(name) if subject is None else subject
        content = {
            "version": "v3",
            "serial_number": self.serial if serial is None else serial,
            "signature": declared(signer, algorithm),
            "issuer": issuer.subject if issuer else named,
            "validity": {
                "not_before": time_of(valid[0]),
                "not_after": time_of(valid[1]),
            },
            "subject": named,
            "subject_public_key_info": info_of(key),
            "extensions": extensions(
                {**standard(key, issuer, ca=ca, path_length=path_length), **(change or {})}, extra
            ),
            **(tbs or {}),
        }
        body = x509.TbsCertificate({k: v for k, v in content.items() if v is not None})
        signed = x509.Certificate(
            {
                "tbs_certificate": body,
                "signature_algorithm": declared(signer, algorithm),
                "signature_value": sign(signer, body.dump(), algorithm),
            }
        )
        return Made(signed.dump(), key)

    def holder(self, **wishes: Any) -> Made:
        """A certificate to log in with, right but for the wishes."""
        return self.make("Holder", **{"issuer": self.issuing, **wishes})

    def crl(
        self,
        issuer: Made,
        revoked: Sequence[int] = (),
        *,
        this_update: datetime = NOW - DAY,
        next_update: datetime | None = NOW + DAY,
        change: Mapping[str, Any] | None = None,
        extra: Sequence[tuple[str, bool, Any]] = (),
        signer: Any = None,
        revoked_at: datetime = NOW - DAY,
        algorithm: str | None = None,
        entries: Sequence[crl.RevokedCertificate] = (),
    ) -> bytes:
        """A revocation list of the issuer; `entries` are made by the case itself."""
        key = signer or issuer.key
        own = {"crl_number": (False, 7), "authority_key_identifier": authority_id(issuer.key)}
        content = {
            "version": "v2",
            "signature": declared(key, algorithm),
            "issuer": issuer.subject,
            "this_update": time_of(this_update),
            "next_update": next_update and time_of(next_update),
            "revoked_certificates": [
                {"user_certificate": serial, "revocation_date": {"utc_time": revoked_at}}
                for serial in revoked
            ]
            + list(entries),
            "crl_extensions": extensions(
                {**own, **(change or {})}, extra, kind=crl.TBSCertListExtensions
            ),
        }
        body = crl.TbsCertList({k: v for k, v in content.items() if v is not None and v != []})
        return bytes(
            crl.CertificateList(
                {
                    "tbs_cert_list": body,
                    "signature_algorithm": declared(key, algorithm),
                    "signature": sign(key, body.dump(), algorithm),
                }
            ).dump()
        )

    def ocsp(
        self,
        holder: Made,
        *,
        status: ocsp.OCSPCertStatus,
        signer: Made | None = None,
        this_update: datetime = NOW - DAY,
        next_update: datetime | None = NOW + DAY,
        by_key: bool = False,
        nonce: bytes = b"",
        issuer: Made | None = None,
    ) -> bytes:
        """An OCSP answer of the issuing CA, or of a responder."""
        responder, encoding = signer or self.issuing, ocsp.OCSPResponderEncoding
        builder = (
            ocsp.OCSPResponseBuilder()
            .add_response(
                cert=load_der_x509_certificate(holder.der),
                issuer=load_der_x509_certificate((issuer or self.issuing).der),
                algorithm=hashes.SHA256(),
                cert_status=status,
                this_update=this_update,
                next_update=next_update,
                revocation_time=NOW - DAY if status is ocsp.OCSPCertStatus.REVOKED else None,
                revocation_reason=None,
            )
            .responder_id(
                encoding.HASH if by_key else encoding.NAME,
                load_der_x509_certificate(responder.der),
            )
        )
        if nonce:
            builder = builder.add_extension(OCSPNonce(nonce), critical=False)
        if signer:
            builder = builder.certificates([load_der_x509_certificate(signer.der)])
        answer = builder.sign(responder.key, hashes.SHA256())
        return answer.public_bytes(serialization.Encoding.DER)

    def check(
        self,
        holder: Made | bytes,
        *,
        roots: Sequence[Made] | None = None,
        intermediates: Sequence[Made] | None = None,
        crls: Sequence[bytes] | None = None,
        ocsp_answers: Sequence[bytes] = (),
        at: datetime = NOW,
        **settings: Any,
    ) -> str:
        """`outcome` or `outcome:reason` of the check, with the CA's usual lists by default."""
        if crls is None:
            crls = [self.crl(self.root), self.crl(self.issuing)]
        authority = Authority(
            AuthoritySettings(name="lab", **settings),
            readable(read_certificate, [made.der for made in roots or [self.root]]),
            readable(
                read_certificate,
                [made.der for made in ([self.issuing] if intermediates is None else intermediates)],
            ),
            readable(read_crl, crls),
        )
        verdict = check_certificate(
            holder if isinstance(holder, bytes) else holder.der,
            trust=TrustStore([authority]),
            at=at,
            ocsp_answers=ocsp_answers,
        )
        return f"{verdict.outcome}:{verdict.reason}" if verdict.reason else str(verdict.outcome)


def readable(read: Any, contents: Sequence[bytes]) -> list[Any]:
    """What a trust store would take: files that cannot be read are left out."""
    found = []
    for content in contents:
        try:
            found.append(read(content))
        except Unreadable:
            continue
    return found


def time_of(moment: datetime) -> x509.Time:
    """§4.1.2.5: two digits of the year until 2049, four from 2050 on."""
    kind = "utc_time" if moment.year < 2050 else "general_time"
    return x509.Time(name=kind, value=moment)


def name_of(common: str | None, **more: str) -> x509.Name:
    if common is None:
        return x509.Name.build({})
    return x509.Name.build({"country_name": "CN", "common_name": common, **more})


def info_of(key: Any) -> keys.PublicKeyInfo:
    der = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return keys.PublicKeyInfo.load(der)


def declared(key: Any, algorithm: str | None) -> algos.SignedDigestAlgorithm:
    chosen = algorithm or ("sha256_rsa" if isinstance(key, rsa.RSAPrivateKey) else "sha256_ecdsa")
    return algos.SignedDigestAlgorithm({"algorithm": chosen})


def sign(key: Any, content: bytes, algorithm: str | None) -> bytes:
    names = {
        "md5": hashes.MD5(),  # noqa: S303  # the check must refuse it
        "sha1": hashes.SHA1(),  # noqa: S303  # the check must refuse it
        "sha256": hashes.SHA256(),
        "sha384": hashes.SHA384(),
    }  # the check must refuse them
    digest = names[(algorithm or "sha256").partition("_")[0]]
    if isinstance(key, rsa.RSAPrivateKey):
        return bytes(key.sign(content, padding.PKCS1v15(), digest))
    return bytes(key.sign(content, ec.ECDSA(digest)))


def key_id(key: Any) -> bytes:
    return info_of(key).sha1


def authority_id(key: Any) -> tuple[bool, Any]:
    return False, x509.AuthorityKeyIdentifier({"key_identifier": key_id(key)})


def standard(key: Any, issuer: Made | None, *, ca: bool, path_length: int | None) -> dict[str, Any]:
    """The extensions of a certificate that is as it should be."""
    usage = {"key_cert_sign", "crl_sign"} if ca else {"digital_signature"}
    basic: dict[str, Any] = {"ca": ca}
    if path_length is not None:
        basic["path_len_constraint"] = path_length
    found: dict[str, Any] = {
        "basic_constraints": (True, x509.BasicConstraints(basic)),
        "key_usage": (True, x509.KeyUsage(usage)),
        "key_identifier": (False, core.OctetString(key_id(key))),
    }
    if issuer:
        found["authority_key_identifier"] = authority_id(issuer.key)
    if not ca:
        found["extended_key_usage"] = (False, x509.ExtKeyUsageSyntax(["client_auth"]))
    return found


def extensions(
    named: Mapping[str, Any],
    extra: Sequence[tuple[str, bool, Any]],
    *,
    kind: Any = x509.Extensions,
) -> Any:
    listed = [(name, *given) for name, given in named.items() if given is not None] + list(extra)
    if not listed:
        return None
    return kind(
        [
            {"extn_id": name, "critical": critical, "extn_value": value}
            for name, critical, value in listed
        ]
    )
