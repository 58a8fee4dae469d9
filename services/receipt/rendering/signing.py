"""The centre's electronic signature on a finished PDF: PAdES B-B, or B-T with a time stamp service.

The private key stays on its PKCS#11 token. Tokens keep the login per process and crash under
concurrent sessions, so one process signs for a token, one document at a time, each in a session of
its own.

    SealUnavailable
    ├── .retry True    token or time stamp service not reachable: the next try may succeed
    └── .retry False   wrong PIN, no such key or one that could leave its token, certificate out of date: a person
                       has to act first
"""

from __future__ import annotations

import hashlib
import io
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import pkcs11
from asn1crypto import x509
from pkcs11 import exceptions as fault
from pkcs11.util.ec import encode_ecdsa_signature
from pyhanko.keys import load_certs_from_pemder_data
from pyhanko.pdf_utils.generic import ArrayObject, ByteStringObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields, signers
from pyhanko.sign.timestamps import HTTPTimeStamper, TimeStamper, TimestampRequestError
from pyhanko.stamp import StaticStampStyle
from pyhanko_certvalidator.registry import SimpleCertificateStore

from services.receipt.rendering.render import Rendered

FIELD_NAME = "CentreSeal"
_DIGEST = "sha256"
# RSA-4096; room for this much is left in the file.
_SIGNATURE_BYTES_MAX = 512
# A time stamp service that does not answer within this is down; the document is tried again later.
_TIMESTAMP_SECONDS_MAX = 10
# The drawn seal is part of the page; the signature's own appearance over it is empty.
_NOTHING_DRAWN = StaticStampStyle(border_width=0, background=None)

# python-pkcs11 initialises the library without locks of its own.
_one_session = threading.Lock()


class SealUnavailable(RuntimeError):
    """The document could not be signed; the text names the step, never the PIN."""

    def __init__(self, step: str, *, retry: bool) -> None:
        super().__init__(step)
        self.retry = retry


class Signer(Protocol):
    """Puts the centre's signature on a finished PDF."""

    def sign(self, rendered: Rendered, *, signed_at: datetime) -> bytes:
        """The signed PDF. `signed_at` has a time zone. Raises SealUnavailable."""


@dataclass(frozen=True, slots=True)
class SealKey:
    """Where the centre's key is and what proves it.

    The certificate lies on the token under the key's id; `chain` holds its issuers' certificates
    (PEM), to be embedded in the file.
    """

    module: Path
    token_label: str
    pin: str = field(repr=False)
    key_id: bytes = b"\x01"
    chain: bytes = b""


class Pkcs11Signer:
    """Signs with a key on a PKCS#11 token: RSA or ECDSA, whatever the certificate says."""

    def __init__(self, key: SealKey, *, timestamper: TimeStamper | None = None) -> None:
        self._key = key
        self._timestamper = timestamper
        self._chain = list(load_certs_from_pemder_data(key.chain)) if key.chain else []
        self._pin_refused = False

    def sign(self, rendered: Rendered, *, signed_at: datetime) -> bytes:
        """Raises SealUnavailable; after a wrong PIN always, so that retries lock no token."""
        if signed_at.tzinfo is None:
            raise ValueError("signed_at needs a time zone")
        if self._pin_refused:
            raise SealUnavailable("the token refused the PIN before", retry=False)
        with _one_session, self._session() as session:
            certificate = self._certificate(session)
            _refuse_out_of_date(certificate, signed_at)
            signer = _TokenSigner(self._private_key(session), certificate, chain=self._chain)
            try:
                return _signed(rendered, signer, signed_at=signed_at, timestamper=self._timestamper)
            except TimestampRequestError as error:
                raise SealUnavailable("the time stamp service failed", retry=True) from error

    @contextmanager
    def _session(self) -> Iterator[pkcs11.Session]:
        library = self._library()
        try:
            # What another program changed on the token (a new key, a new PIN) is not seen
            # otherwise.
            library.reinitialize()
            token = library.get_token(token_label=self._key.token_label)
            with token.open(user_pin=self._key.pin) as session:
                yield session
        except (fault.PinIncorrect, fault.PinInvalid, fault.PinLenRange, fault.PinLocked) as error:
            self._pin_refused = True
            # The failed open left its session behind.
            library.reinitialize()
            raise SealUnavailable("the token refused the PIN", retry=False) from error
        except fault.NoSuchKey as error:
            raise SealUnavailable("the key is not on the token", retry=False) from error
        except (fault.NoSuchToken, fault.TokenNotPresent) as error:
            raise SealUnavailable("the token is not there", retry=True) from error
        except fault.PKCS11Error as error:
            raise SealUnavailable("the PKCS#11 library or token failed", retry=True) from error

    def _library(self) -> Any:
        try:
            return pkcs11.lib(str(self._key.module))
        except (fault.PKCS11Error, RuntimeError) as error:
            raise SealUnavailable("the PKCS#11 library does not load", retry=False) from error

    def _certificate(self, session: pkcs11.Session) -> x509.Certificate:
        wanted = {
            pkcs11.Attribute.CLASS: pkcs11.ObjectClass.CERTIFICATE,
            pkcs11.Attribute.ID: self._key.key_id,
        }
        # The search must be read to its end, or the next one on this session fails.
        found = list(session.get_objects(wanted))
        if len(found) != 1:
            raise SealUnavailable(f"{len(found)} certificates carry the key's id", retry=False)
        return x509.Certificate.load(found[0][pkcs11.Attribute.VALUE])

    def _private_key(self, session: pkcs11.Session) -> Any:
        key = session.get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, id=self._key.key_id)
        # Whoever could take the key off its token could seal anything, anywhere, unseen.
        if key[pkcs11.Attribute.EXTRACTABLE] or not key[pkcs11.Attribute.SENSITIVE]:
            raise SealUnavailable("the key could leave its token", retry=False)
        return key


def timestamper_at(url: str) -> TimeStamper | None:
    """The RFC 3161 time stamp service at `url`; None for an empty one."""
    return _HttpTimeStamper(url, timeout=_TIMESTAMP_SECONDS_MAX) if url else None


class _HttpTimeStamper(HTTPTimeStamper):
    """pyHanko's, for which an answer that is no time stamp is a failure of the service like any other."""

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> Any:
        try:
            return await super().async_timestamp(message_digest, md_algorithm)
        except (ValueError, TypeError, LookupError) as error:
            raise TimestampRequestError("the answer is no time stamp") from error


class _TokenSigner(signers.Signer):
    """Signs on the token, in this very thread; embeds its certificate and the chain, no more."""

    def __init__(
        self, key: Any, certificate: x509.Certificate, *, chain: Sequence[x509.Certificate]
    ) -> None:
        store = SimpleCertificateStore.from_certs(chain)
        super().__init__(signing_cert=certificate, cert_registry=store)
        self._private_key = key
        self._elliptic = certificate.public_key.algorithm == "ec"

    async def async_sign_raw(
        self, data: bytes, digest_algorithm: str, dry_run: bool = False
    ) -> bytes:
        if dry_run:
            return bytes(_SIGNATURE_BYTES_MAX)
        if digest_algorithm != _DIGEST:
            raise ValueError("the seal signs SHA-256 digests only")
        if self._elliptic:
            # Hashed here: SoftHSM2 has no ECDSA mechanism that hashes.
            digest = hashlib.sha256(data).digest()
            raw = self._private_key.sign(digest, mechanism=pkcs11.Mechanism.ECDSA)
            return bytes(encode_ecdsa_signature(raw))
        return bytes(self._private_key.sign(data, mechanism=pkcs11.Mechanism.SHA256_RSA_PKCS))


class _SignerAt(signers.PdfSigner):
    """pyHanko's signer with the time given instead of read."""

    def __init__(self, *args: Any, signed_at: datetime, **options: Any) -> None:
        super().__init__(*args, **options)
        self._signed_at = signed_at

    def init_signing_session(self, *args: Any, **options: Any) -> Any:
        session = super().init_signing_session(*args, **options)
        session.system_time = self._signed_at
        return session


class _FixedIdWriter(IncrementalPdfFileWriter):
    """Adds a revision without chance and clock: its id follows from the old one's, and the time of
    signing stands in the signature only. The same document, time and RSA key give the same file."""

    def _update_meta(self) -> None:
        """Leave the file's own dates as they are."""

    @classmethod
    def _handle_id(cls, prev: PdfFileReader) -> ArrayObject:
        first, _ = super()._handle_id(prev)
        return ArrayObject([first, ByteStringObject(hashlib.sha256(bytes(first)).digest()[:16])])


def _signed(
    rendered: Rendered,
    signer: _TokenSigner,
    *,
    signed_at: datetime,
    timestamper: TimeStamper | None,
) -> bytes:
    writer = _FixedIdWriter(io.BytesIO(rendered.pdf))
    about = signers.PdfSignatureMetadata(
        field_name=FIELD_NAME,
        md_algorithm=_DIGEST,
        subfilter=fields.SigSeedSubFilter.PADES,
        certify=True,
        docmdp_permissions=fields.MDPPerm.NO_CHANGES,
    )
    place = _SignerAt(
        about,
        signer,
        timestamper=timestamper,
        stamp_style=_NOTHING_DRAWN,
        new_field_spec=_field(rendered),
        signed_at=signed_at,
    )
    return bytes(place.sign_pdf(writer).getvalue())


def _field(rendered: Rendered) -> fields.SigFieldSpec:
    """The signature's field lies over the drawn seal: clicking the seal shows the signature."""
    seal = rendered.seal
    if seal is None:
        return fields.SigFieldSpec(FIELD_NAME)
    box = (round(seal.left), round(seal.bottom), round(seal.right), round(seal.top))
    return fields.SigFieldSpec(FIELD_NAME, on_page=seal.page - 1, box=box)


def _refuse_out_of_date(certificate: x509.Certificate, at: datetime) -> None:
    if not certificate.not_valid_before <= at <= certificate.not_valid_after:
        raise SealUnavailable("the seal's certificate is not valid at this time", retry=False)
