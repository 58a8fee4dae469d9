"""The staff's side of documents: those that could not be made, and handing any of them out at the counter."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, TypeVar

from google.protobuf.message import Message
from hpf.common.v1 import replay_pb2 as replay
from hpf.receipt.v1 import receipt_service_pb2 as receipt

from client.downloads import Downloaded, Expected, receive

_Reply = TypeVar("_Reply", bound=Message)


class ReceiptStaff(ABC):
    """Part of `Staff`; every refusal is a HallError."""

    @abstractmethod
    def _call(self, service: str, method: str, request: Any, reply_class: type[_Reply]) -> _Reply:
        """One call over the bus, repeated safely."""

    def receipt_read_model(self) -> receipt.GetReadModelResponse:
        """How far receipt's register and index are, and their newest rebuild or check."""
        return self._call(
            "receipt", "GetReadModel", receipt.GetReadModelRequest(), receipt.GetReadModelResponse
        )

    def start_receipt_replay(self, purpose: replay.ReplayPurpose) -> replay.Replay:
        """Rebuild receipt's register and index, or check them against their owners."""
        request = receipt.StartReplayRequest(purpose=purpose)
        return self._call("receipt", "StartReplay", request, receipt.StartReplayResponse).replay

    def failed_receipts(self, *, page_token: str = "") -> receipt.ListFailedReceiptsResponse:
        """Documents that could not be made, with the reason."""
        request = receipt.ListFailedReceiptsRequest(page_token=page_token)
        return self._call(
            "receipt", "ListFailedReceipts", request, receipt.ListFailedReceiptsResponse
        )

    def render_again(self, registration_no: str) -> receipt.Receipt:
        """From the saved facts."""
        request = receipt.RenderReceiptAgainRequest(registration_no=registration_no)
        reply = self._call(
            "receipt", "RenderReceiptAgain", request, receipt.RenderReceiptAgainResponse
        )
        return reply.receipt

    def employer_receipts(
        self, employer_no: str, *, page_token: str = ""
    ) -> receipt.ListEmployerReceiptsResponse:
        """Every document of one employer, newest first."""
        request = receipt.ListEmployerReceiptsRequest(
            employer_no=employer_no, page_token=page_token
        )
        return self._call(
            "receipt", "ListEmployerReceipts", request, receipt.ListEmployerReceiptsResponse
        )

    def hand_out_receipt(self, registration_no: str, target: Path) -> Downloaded:
        """The next print of any document, for whoever stands at the counter. Counts as one print."""
        request = receipt.HandOutReceiptRequest(registration_no=registration_no)
        head = self._call(
            "receipt", "HandOutReceipt", request, receipt.HandOutReceiptResponse
        ).receipt
        wanted = receipt.ReadPrintRequest(document_no=head.document_no, print_no=head.print_count)
        whole = self._call("receipt", "ReadPrint", wanted, receipt.ReadPrintResponse)
        expected = Expected(f"{head.document_no}.pdf", head.size_bytes, head.sha256)
        return receive(iter([whole]), target, describe=lambda _: expected)
