"""Whether the centre issued a document: anyone may ask, with the code on the paper or with the file itself.

A file is genuine when it is, byte for byte, a print that was made; every print's digest is kept. Who has neither the
code nor the file learns nothing, and who has it learns masked facts only.
"""

from __future__ import annotations

import hashlib
from typing import Any

from hpf.receipt.v1 import receipt_service_pb2 as pb
from sqlalchemy import Row

from services.kit.app import Call
from services.kit.errors import FIELD_INVALID, DomainError, FieldError, fact
from services.receipt import wire
from services.receipt.domain import CODE_INDEX, code_as_printed, codes_in_file
from services.receipt.errors import FILE_TOO_LARGE
from services.receipt.handlers.printing import load_document
from services.receipt.store import documents

# Below the edge's largest request; a receipt of 2000 people is some 700 KB.
CONTENT_BYTES_MAX = 3_000_000
# Far longer than a code however it is spaced.
_CODE_CHARS_MAX = 64


def verify_document(call: Call, request: pb.VerifyDocumentRequest) -> pb.VerifyDocumentResponse:
    """Raises FIELD_INVALID without code and file, FILE_TOO_LARGE."""
    proof = request.WhichOneof("proof")
    if proof == "content" and request.content:
        return _judge_file(call, request.content)
    code = code_as_printed(request.verification_code[:_CODE_CHARS_MAX])
    if not code:
        field = FieldError("proof", FIELD_INVALID.code, "请输入验证码或选择文件")
        raise DomainError(FIELD_INVALID, fields=[field])
    row = _with_code(call, code)
    if row is None:
        return pb.VerifyDocumentResponse(verdict=pb.VERDICT_UNKNOWN)
    return _verdict(call, pb.VERDICT_GENUINE, row)


def _judge_file(call: Call, content: bytes) -> pb.VerifyDocumentResponse:
    if len(content) > CONTENT_BYTES_MAX:
        raise fact(FILE_TOO_LARGE, limit=f"{CONTENT_BYTES_MAX:,}")
    sha256 = hashlib.sha256(content).hexdigest()
    given = documents.print_with_digest(call.connection, sha256)
    if given is not None:
        document_no, print_no = given
        own = documents.existing(call.connection, document_no)
        return _verdict(call, pb.VERDICT_GENUINE, own, print_no=print_no)
    for code in codes_in_file(content):
        claimed = _with_code(call, code)
        if claimed is not None:
            return _verdict(call, pb.VERDICT_ALTERED, claimed)
    return pb.VerifyDocumentResponse(verdict=pb.VERDICT_UNKNOWN)


def _with_code(call: Call, code: str) -> Row[Any] | None:
    return documents.document_with_code(call.connection, call.vault.index(CODE_INDEX, code))


def _verdict(
    call: Call, verdict: pb.Verdict, row: Row[Any], *, print_no: int = 0
) -> pb.VerifyDocumentResponse:
    document = load_document(call, row.document_no)
    return pb.VerifyDocumentResponse(
        verdict=verdict, document=wire.verified_message(row, document, print_no=print_no)
    )
