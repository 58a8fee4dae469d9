"""Documents as callers and the worker handle them: rendered, fetched, downloaded, read."""

from __future__ import annotations

import io

import pypdf
from google.protobuf.message import Message
from hpf.receipt.v1 import receipt_service_pb2 as pb

from services.kit import job_worker, outbox
from services.kit.calls import Reply
from services.receipt.domain import RENDER
from services.receipt.prints import Press
from tests.store.stage import Stage, agent_of, refusal_of


def render_all(receipt: Stage, press: Press) -> int:
    done = 0
    while job_worker.run_one(receipt.runtime, {RENDER: press.kind()}):
        done += 1
    return done


def get(receipt: Stage, employer_no: str, registration_no: str) -> pb.Receipt:
    request = pb.GetReceiptRequest(registration_no=registration_no)
    return receipt.ask(request, pb.GetReceiptResponse, by=agent_of(employer_no)).receipt


def download(
    receipt: Stage, employer_no: str, registration_no: str, *, request_id: str = "request-1"
) -> Reply:
    request = pb.DownloadReceiptRequest(request_id=request_id, registration_no=registration_no)
    return receipt.reply(request, by=agent_of(employer_no))


def downloaded(
    receipt: Stage, press: Press, *names: str, request_id: str
) -> tuple[pb.Receipt, bytes]:
    """Download as the edge does: again, until the print is there."""
    reply = download(receipt, *names, request_id=request_id)
    if reply.code:
        assert refusal_of(reply) == "NOT_READY_YET"
        assert render_all(receipt, press)
        reply = download(receipt, *names, request_id=request_id)
    piece = pb.DownloadReceiptPiece.FromString(reply.body)
    content = receipt.runtime.blobs.pieces(reply.blob, key=reply.blob_key)
    return piece.receipt, b"".join(content)


def text_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)


def events_of(receipt: Stage, employer_no: str) -> list[Message]:
    with receipt.runtime.database.reading() as connection:
        waiting = outbox.unpublished(connection, "receipt", limit=100_000)
    return [event.message() for _, event in waiting if event.subject == employer_no]
