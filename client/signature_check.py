"""Whether a PDF carries the centre's signature and is, byte for byte, what was signed; without asking the hall.

Trust is decided at the time of signing: a receipt stays genuine after the seal's certificate has
expired. Revocation is not asked for; the centre knows itself when its seal was lost, and keeps the
digests of what it issued.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Sequence
from enum import StrEnum

from asn1crypto import x509
from asn1crypto.cms import ContentInfo, SignedData
from asn1crypto.core import Null, Void
from pyhanko.keys import load_certs_from_pemder_data
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.general import CMSExtractionError, SigningError
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.errors import PathError, ValidationError

# The name of the signature's field in every document of the centre.
FIELD_NAME = "CentreSeal"


class SignatureVerdict(StrEnum):
    """INTACT: ours and unchanged. ALTERED: changed or broken. UNTRUSTED: whole, by another key.
    UNSIGNED: no signature."""

    INTACT = "INTACT"
    ALTERED = "ALTERED"
    UNTRUSTED = "UNTRUSTED"
    UNSIGNED = "UNSIGNED"


# What pyHanko and its parsers raise on a file that was changed in a place they read. A changed file
# is altered wherever the reading stops, so all of them mean the same.
_UNREADABLE = (
    PdfError,
    CMSExtractionError,
    SigningError,
    SignatureValidationError,
    ValidationError,
    PathError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    NotImplementedError,
    OSError,
    RecursionError,
    TypeError,
    ValueError,
    zlib.error,
)


def read_certificates(pem: bytes) -> list[x509.Certificate]:
    """The certificates of a PEM file. Raises ValueError for anything else."""
    return list(load_certs_from_pemder_data(pem))


def check_signature(pdf: bytes, *, trusted: Sequence[x509.Certificate]) -> SignatureVerdict:
    """Judge the signature of `pdf` against the centre's own roots."""
    try:
        return _verdict(pdf, trusted=trusted)
    except _UNREADABLE:
        return SignatureVerdict.ALTERED


def _verdict(pdf: bytes, *, trusted: Sequence[x509.Certificate]) -> SignatureVerdict:
    signatures: list[EmbeddedPdfSignature] = PdfFileReader(io.BytesIO(pdf)).embedded_signatures
    if not signatures:
        return SignatureVerdict.UNSIGNED
    if len(signatures) != 1 or signatures[0].field_name != FIELD_NAME:
        return SignatureVerdict.ALTERED
    signed_at = signatures[0].self_reported_timestamp
    context = ValidationContext(
        trust_roots=list(trusted),
        allow_fetching=False,
        moment=signed_at,
        revocation_mode="soft-fail",
    )
    status = validate_pdf_signature(signatures[0], signer_validation_context=context)
    if not (_whole(status) and _nothing_hidden(pdf, signatures[0])):
        return SignatureVerdict.ALTERED
    return SignatureVerdict.INTACT if status.trusted else SignatureVerdict.UNTRUSTED


def _nothing_hidden(pdf: bytes, signature: EmbeddedPdfSignature) -> bool:
    """The signature itself lies in a gap of what it covers. It must fill the gap exactly as signing
    writes it, so that no byte of the file is free to change."""
    _, gap_start, gap_end, _ = (int(number) for number in signature.byte_range)
    gap = pdf[gap_start:gap_end]
    digits = _as_written(ContentInfo.load(signature.pkcs7_content)).hex().upper().encode()
    return bool(gap == b"<" + digits.ljust(len(gap) - 2, b"0") + b">")


def _as_written(content: ContentInfo) -> bytes:
    """The signature's message anew: the parts that its validation proves, in our fixed frame."""
    signed = content["content"]
    signer = signed["signer_infos"][0]
    digest = {"algorithm": "sha256", "parameters": Null()}
    proved = {
        name: signer[name]
        for name in ("sid", "signed_attrs", "signature_algorithm", "signature", "unsigned_attrs")
        if not isinstance(signer[name], Void)
    }
    frame = SignedData(
        {
            "version": "v1",
            "digest_algorithms": [digest],
            "encap_content_info": {"content_type": "data"},
            "certificates": signed["certificates"],
            "signer_infos": [{"version": "v1", "digest_algorithm": digest, **proved}],
        }
    )
    return bytes(ContentInfo({"content_type": "signed_data", "content": frame}).dump(force=True))


def _whole(status: PdfSignatureStatus) -> bool:
    return bool(
        status.intact and status.valid and status.coverage is SignatureCoverageLevel.ENTIRE_FILE
    )
