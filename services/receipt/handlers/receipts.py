"""The employer's documents: list, state, and the PDF itself (打印业务回单, manual 五, 六, 七)."""

from __future__ import annotations

from typing import Any

from hpf.receipt.v1 import receipt_service_pb2 as pb
from sqlalchemy import Row

from services.kit import jobs, pages
from services.kit.app import BlobReply, Call
from services.kit.errors import NOT_READY_YET, DomainError
from services.kit.jobs import JobState
from services.receipt import wire
from services.receipt.domain import RENDER, Print, State
from services.receipt.errors import RECEIPT_FAILED, RECEIPT_UNKNOWN
from services.receipt.store import documents

# A receipt in a list is some 300 bytes.
PAGE_SIZE_MAX = 200


def list_receipts(call: Call, request: pb.ListReceiptsRequest) -> pb.ListReceiptsResponse:
    """One page of the session's employer, newest first. Raises PAGE_TOKEN_INVALID."""
    page = pages.open_page(
        call.vault,
        scope=("ListReceipts", call.employer_no, str(request.paper)),
        size=request.page_size,
        token=request.page_token,
        size_max=PAGE_SIZE_MAX,
    )
    rows, next_token = page.cut(
        documents.page_of_documents(
            call.connection, employer_no=call.employer_no, paper=request.paper, page=page
        ),
        documents.position_of,
    )
    return pb.ListReceiptsResponse(
        receipts=[wire.receipt_message(row, vault=call.vault) for row in rows],
        next_page_token=next_token,
    )


def get_receipt(call: Call, request: pb.GetReceiptRequest) -> pb.GetReceiptResponse:
    """Raises RECEIPT_UNKNOWN unless it is the session's employer's."""
    document_no = _document_of_caller(call, request.registration_no)
    row = documents.existing(call.connection, document_no)
    return pb.GetReceiptResponse(receipt=wire.receipt_message(row, vault=call.vault))


def download_receipt(call: Call, request: pb.DownloadReceiptRequest) -> BlobReply:
    """The next print of a document, counted.

    Raises RECEIPT_UNKNOWN unless it is the session's employer's, NOT_READY_YET while the print is being made (to be
    called again with the same request_id), RECEIPT_FAILED when it cannot be made.
    """
    document_no = _document_of_caller(call, request.registration_no)
    given = give_next_print(call, document_no)
    piece = pb.DownloadReceiptPiece(receipt=wire.receipt_message(given, vault=call.vault))
    return BlobReply(piece, given.blob)


def _document_of_caller(call: Call, registration_no: str) -> str:
    """Raises RECEIPT_UNKNOWN, the same for one that is on its way, one of another employer and none at all."""
    document_no = documents.find_document(
        call.connection, registration_no, employer_no=call.employer_no
    )
    if document_no is None:
        raise DomainError(RECEIPT_UNKNOWN)
    return document_no


def give_next_print(call: Call, document_no: str) -> Row[Any]:
    """Count the next print of a document that exists as the caller's; answers with the document and that print's file.

    Raises NOT_READY_YET, RECEIPT_FAILED.
    """
    documents.lock_document(call.connection, document_no)
    row = documents.existing(call.connection, document_no)
    if row.state == State.FAILED:
        raise DomainError(RECEIPT_FAILED)
    wanted = Print(document_no, row.print_count + 1)
    if not documents.is_rendered(call.connection, wanted):
        _ask_for(call, wanted)
        raise DomainError(NOT_READY_YET)
    documents.give_print(call.connection, wanted, to=call.principal.key, now=call.now)
    return documents.existing(call.connection, document_no)


def _ask_for(call: Call, wanted: Print) -> None:
    """Have a print made. Written beside this call's transaction, which ends with a refusal."""
    status = jobs.status_of(call.connection, kind=RENDER, key=wanted.key)
    if status is not None and status.state is JobState.FAILED:
        raise DomainError(RECEIPT_FAILED)
    if status is None:
        with call.runtime.database.transaction() as connection:
            jobs.enqueue(
                connection,
                kind=RENDER,
                key=wanted.key,
                payload=wanted.to_bytes(),
                vault=call.vault,
                now=call.now,
            )
