"""At the counter: the staff hand out any employer's document. A closed employer cannot take its last receipts itself."""

from __future__ import annotations

from hpf.receipt.v1 import receipt_service_pb2 as pb

from services.kit import pages
from services.kit.app import Call
from services.kit.errors import DomainError
from services.receipt import wire
from services.receipt.domain import Print, State
from services.receipt.errors import RECEIPT_UNKNOWN
from services.receipt.handlers.receipts import PAGE_SIZE_MAX, give_next_print
from services.receipt.store import documents


def list_employer_receipts(
    call: Call, request: pb.ListEmployerReceiptsRequest
) -> pb.ListEmployerReceiptsResponse:
    """One page of that employer's documents, newest first. Raises PAGE_TOKEN_INVALID."""
    page = pages.open_page(
        call.vault,
        scope=("ListEmployerReceipts", request.employer_no),
        size=request.page_size,
        token=request.page_token,
        size_max=PAGE_SIZE_MAX,
    )
    rows, next_token = page.cut(
        documents.page_of_documents(
            call.connection, employer_no=request.employer_no, paper=0, page=page
        ),
        documents.position_of,
    )
    return pb.ListEmployerReceiptsResponse(
        receipts=[wire.receipt_message(row, vault=call.vault, for_staff=True) for row in rows],
        next_page_token=next_token,
    )


def hand_out_receipt(call: Call, request: pb.HandOutReceiptRequest) -> pb.HandOutReceiptResponse:
    """The next print of a document, counted as this member of the staff's.

    Raises RECEIPT_UNKNOWN, NOT_READY_YET while the print is being made, RECEIPT_FAILED.
    """
    document_no = request.registration_no
    row = documents.load_document(call.connection, document_no)
    if row is None or row.state == State.UNISSUED:
        raise DomainError(RECEIPT_UNKNOWN)
    given = give_next_print(call, document_no)
    return pb.HandOutReceiptResponse(
        receipt=wire.receipt_message(given, vault=call.vault, for_staff=True)
    )


def read_print(call: Call, request: pb.ReadPrintRequest) -> pb.ReadPrintResponse:
    """Only what was counted for the caller is read. Raises RECEIPT_UNKNOWN."""
    wanted = Print(request.document_no, request.print_no)
    blob = documents.blob_given_to(call.connection, wanted, to=call.principal.key)
    if blob is None:
        raise DomainError(RECEIPT_UNKNOWN)
    return pb.ReadPrintResponse(content=call.runtime.blobs.read(blob))
