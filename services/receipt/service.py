"""The table of receipt: its calls, and the events that documents are made of or that tell of those they name."""

from __future__ import annotations

from hpf.query.v1 import query_events_pb2
from hpf.receipt.v1 import receipt_service_pb2

from services.kit import jobs
from services.kit.app import App, Ticker, methods, subscribe
from services.kit.replays.following import replay_ticker
from services.receipt.events import OWNERS, messages_of
from services.receipt.handlers import counter, issuing, read_model, receipts, staff, verification
from services.receipt.handlers.posted import on_event, pass_by
from services.receipt.handlers.query_prints import (
    forget_query_prints,
    on_query_print_requested,
)
from services.receipt.replay import COPIES
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
                "IssueContributionCertificate": issuing.issue_contribution_certificate,
                "GetVoucher": issuing.get_voucher,
                "IssueVoucher": issuing.issue_voucher,
                "DownloadReceipt": receipts.download_receipt,
            },
        ),
        (
            _SERVICES["VerificationService"],
            {"VerifyDocument": verification.verify_document},
        ),
        (
            _SERVICES["ReceiptAdminService"],
            {
                "ListFailedReceipts": staff.list_failed_receipts,
                "ListEmployerReceipts": counter.list_employer_receipts,
                "HandOutReceipt": counter.hand_out_receipt,
                "ReadPrint": counter.read_print,
                "RenderReceiptAgain": staff.render_receipt_again,
                "GetReadModel": read_model.get_read_model,
                "StartReplay": read_model.start_replay,
            },
        ),
    ),
    subscriptions=(
        *(
            subscribe(owner, dict.fromkeys(messages_of(owner), on_event), others=pass_by)
            for owner in OWNERS
        ),
        subscribe("query", {query_events_pb2.QueryPrintRequested: on_query_print_requested}),
    ),
    backlogs=(jobs.BACKLOG,),
    tickers=(
        replay_ticker(COPIES),
        Ticker("forget query prints", 3600.0, forget_query_prints),
    ),
)
