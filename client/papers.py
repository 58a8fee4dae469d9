"""Receipts, certificates and vouchers of the employer, and whether any of them is genuine (manual 五 to 七)."""

from __future__ import annotations

from pathlib import Path

from hpf.receipt.v1 import receipt_service_pb2 as pb
from hpf.receipt.v1.receipt_service_pb2_grpc import ReceiptServiceStub, VerificationServiceStub

from client.calls import Caller
from client.downloads import Downloaded, Expected, Progress, no_progress, receive


class Papers:
    """Part of `Hall`; every refusal is a HallError."""

    _caller: Caller
    _receipt: ReceiptServiceStub
    _verification: VerificationServiceStub

    def receipts(
        self,
        *,
        paper: pb.Paper = pb.PAPER_UNSPECIFIED,
        page_size: int = 0,
        page_token: str = "",
    ) -> pb.ListReceiptsResponse:
        """业务回单, 缴存证明 and 缴存凭证, or only those of one `paper`; newest first."""
        request = pb.ListReceiptsRequest(paper=paper, page_size=page_size, page_token=page_token)
        reply: pb.ListReceiptsResponse = self._caller.call(self._receipt.ListReceipts, request)
        return reply

    def receipt(self, registration_no: str) -> pb.Receipt:
        """By the number of the business, or of the document itself."""
        request = pb.GetReceiptRequest(registration_no=registration_no)
        found: pb.Receipt = self._caller.call(self._receipt.GetReceipt, request).receipt
        return found

    def issue_certificate(self) -> pb.Receipt:
        """缴存证明 of how the employer stands now; download it by its `document_no`."""
        request = pb.IssueContributionCertificateRequest()
        issued: pb.Receipt = self._caller.call(
            self._receipt.IssueContributionCertificate, request
        ).document
        return issued

    def voucher(self, transaction_date: str, registration_no: str) -> pb.Voucher:
        """缴存凭证: what the voucher of a deposit business says."""
        request = pb.GetVoucherRequest(
            transaction_date=transaction_date, registration_no=registration_no
        )
        found: pb.Voucher = self._caller.call(self._receipt.GetVoucher, request).voucher
        return found

    def issue_voucher(self, transaction_date: str, registration_no: str) -> pb.Receipt:
        """The business's one voucher as a document; download it by its `document_no`."""
        request = pb.IssueVoucherRequest(
            transaction_date=transaction_date, registration_no=registration_no
        )
        issued: pb.Receipt = self._caller.call(self._receipt.IssueVoucher, request).document
        return issued

    def download_receipt(
        self, registration_no: str, target: Path, *, progress: Progress = no_progress
    ) -> Downloaded:
        """The PDF of a business or document, as soon as it has been made. Counts as one print."""
        return self._caller.stream(
            self._receipt.DownloadReceipt,
            pb.DownloadReceiptRequest(registration_no=registration_no),
            lambda pieces: receive(pieces, target, describe=_head, progress=progress),
        )

    def verify(self, *, code: str = "", content: bytes = b"") -> pb.VerifyDocumentResponse:
        """Whether the centre issued the document with this code, or this very file. Needs no session."""
        request = (
            pb.VerifyDocumentRequest(content=content)
            if content
            else pb.VerifyDocumentRequest(verification_code=code)
        )
        reply: pb.VerifyDocumentResponse = self._caller.public(
            self._verification.VerifyDocument, request
        )
        return reply


def _head(piece: pb.DownloadReceiptPiece) -> Expected:
    head = piece.receipt
    return Expected(f"{head.document_no}.pdf", head.size_bytes, head.sha256)
