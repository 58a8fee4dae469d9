"""For the centre's staff: documents that could not be rendered, and rendering again from the saved facts."""

from __future__ import annotations

from hpf.receipt.v1 import receipt_service_pb2 as pb

from services.kit import pages
from services.kit.app import Call
from services.kit.errors import DomainError
from services.receipt import wire
from services.receipt.domain import State
from services.receipt.errors import RECEIPT_UNKNOWN
from services.receipt.handlers.printing import make_anew
from services.receipt.handlers.receipts import PAGE_SIZE_MAX
from services.receipt.store import documents


def list_failed_receipts(
    call: Call, request: pb.ListFailedReceiptsRequest
) -> pb.ListFailedReceiptsResponse:
    """One page, newest first. Raises PAGE_TOKEN_INVALID."""
    page = pages.open_page(
        call.vault,
        scope=("ListFailedReceipts",),
        size=request.page_size,
        token=request.page_token,
        size_max=PAGE_SIZE_MAX,
    )
    rows, next_token = page.cut(
        documents.page_of_failed(call.connection, page=page), documents.position_of
    )
    return pb.ListFailedReceiptsResponse(
        receipts=[wire.receipt_message(row, vault=call.vault, for_staff=True) for row in rows],
        next_page_token=next_token,
    )


def render_receipt_again(
    call: Call, request: pb.RenderReceiptAgainRequest
) -> pb.RenderReceiptAgainResponse:
    """Make the next print anew. Prints that were given out stay what they were. Raises RECEIPT_UNKNOWN."""
    document_no = request.registration_no
    row = documents.load_document(call.connection, document_no)
    if row is None or row.state == State.UNISSUED:
        raise DomainError(RECEIPT_UNKNOWN)
    make_anew(call, document_no)
    changed = documents.existing(call.connection, document_no)
    return pb.RenderReceiptAgainResponse(
        receipt=wire.receipt_message(changed, vault=call.vault, for_staff=True)
    )
