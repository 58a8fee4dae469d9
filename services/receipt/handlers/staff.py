"""For the centre's staff: receipts that could not be rendered, and rendering again from the saved facts."""

from __future__ import annotations

from hpf.receipt.v1 import receipt_service_pb2 as pb

from services.kit import jobs, pages
from services.kit.app import Call
from services.kit.errors import DomainError
from services.receipt import store, wire
from services.receipt.domain import RENDER, Print, State
from services.receipt.errors import RECEIPT_UNKNOWN
from services.receipt.handlers.posted import enqueue_print
from services.receipt.handlers.receipts import PAGE_SIZE_MAX


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
    rows, next_token = page.cut(store.page_of_failed(call.connection, page=page), store.position_of)
    return pb.ListFailedReceiptsResponse(
        receipts=[wire.receipt_message(row, vault=call.vault, for_staff=True) for row in rows],
        next_page_token=next_token,
    )


def render_receipt_again(
    call: Call, request: pb.RenderReceiptAgainRequest
) -> pb.RenderReceiptAgainResponse:
    """Make the next print anew. Prints that were given out stay what they were. Raises RECEIPT_UNKNOWN."""
    store.lock_receipt(call.connection, request.registration_no)
    row = store.load_receipt(call.connection, request.registration_no)
    if row is None:
        raise DomainError(RECEIPT_UNKNOWN)
    wanted = Print(request.registration_no, row.print_count + 1)
    store.drop_print(call.connection, wanted)
    store.set_state(call.connection, request.registration_no, State.PENDING)
    if not jobs.do_again(call.connection, kind=RENDER, key=wanted.key, now=call.now):
        enqueue_print(call, wanted)
    changed = store.load_receipt(call.connection, request.registration_no)
    assert changed is not None
    return pb.RenderReceiptAgainResponse(
        receipt=wire.receipt_message(changed, vault=call.vault, for_staff=True)
    )
