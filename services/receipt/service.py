"""The table of receipt: its calls, and the events that documents are made of."""

from __future__ import annotations

from hpf.query.v1 import query_events_pb2
from hpf.receipt.v1 import receipt_service_pb2

from services.kit.app import App, methods, subscribe
from services.receipt.documents import DOCUMENTS
from services.receipt.handlers import receipts, staff
from services.receipt.handlers.arrival import await_arrival
from services.receipt.handlers.posted import keep_facts
from services.receipt.handlers.query_prints import on_query_print_requested
from services.receipt.settings import ReceiptSettings

_SERVICES = receipt_service_pb2.DESCRIPTOR.services_by_name

APP = App(
    name="receipt",
    settings=ReceiptSettings,
    methods=methods(
        (
            _SERVICES["ReceiptService"],
            {
                "ListReceipts": receipts.list_receipts,
                "GetReceipt": receipts.get_receipt,
                "DownloadReceipt": receipts.download_receipt,
            },
        ),
        (
            _SERVICES["ReceiptAdminService"],
            {
                "ListFailedReceipts": staff.list_failed_receipts,
                "RenderReceiptAgain": staff.render_receipt_again,
            },
        ),
    ),
    subscriptions=(
        *(
            subscribe(
                owner, {event: keep_facts(document_of) for event, document_of in made.items()}
            )
            for owner, made in DOCUMENTS.items()
        ),
        subscribe("query", {query_events_pb2.QueryPrintRequested: on_query_print_requested}),
    ),
    before_read=await_arrival,
)
