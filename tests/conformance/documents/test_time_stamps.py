"""The time stamp service as a setting: asked over HTTP as RFC 3161 says, its token kept in the signature."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from asn1crypto import tsp
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.timestamps import DummyTimeStamper

from client.signature_check import SignatureVerdict, check_signature
from services.kit.settings import KitSettings
from services.receipt.prints import Press
from services.receipt.rendering.document import DocumentKind
from services.receipt.rendering.fonts import FontSet
from services.receipt.rendering.render import Rendered, render
from services.receipt.rendering.signing import SealUnavailable, Signer
from services.receipt.settings import ReceiptSettings
from tests.conformance.documents.sample_parts import SEAL
from tests.conformance.documents.samples import SAMPLES
from tests.conformance.documents.seal_token import PIN, TOKEN, SealToken, make_time_stamper

AT = datetime(2024, 5, 1, 9, 30, tzinfo=UTC)
#: What the service of the test says.
STAMPED_AT = datetime(2024, 5, 1, 9, 31, tzinfo=UTC)


class Responder:
    """An RFC 3161 time stamp service on a local port; `fault` makes it answer something else."""

    def __init__(self, stamper: DummyTimeStamper) -> None:
        self.fault = ""
        self.asked: list[tsp.TimeStampReq] = []
        responder = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                assert self.headers["Content-Type"] == "application/timestamp-query"
                request = tsp.TimeStampReq.load(body)
                responder.asked.append(request)
                answer = stamper.request_tsa_response(request).dump()
                self.send_response(503 if responder.fault == "busy" else 200)
                self.send_header("Content-Type", "application/timestamp-reply")
                self.end_headers()
                self.wfile.write(b"nonsense" if responder.fault == "nonsense" else answer)

            def log_message(self, *_: object) -> None:
                """Nothing into the output of the tests."""

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/tsa"

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def responder(seal_token: SealToken) -> Iterator[Responder]:
    found = Responder(make_time_stamper(by=seal_token.intermediate))
    yield found
    found.close()


@pytest.fixture(scope="module")
def receipt(fonts: FontSet) -> Rendered:
    return render(SAMPLES[DocumentKind.REMITTANCE](1), fonts=fonts, seal=SEAL)


def signer_with(url: str, token: SealToken) -> Signer:
    """As the worker makes it of its settings."""
    settings = ReceiptSettings(
        database_url="postgresql://nobody@127.0.0.1/unused",
        seal_token=TOKEN,
        seal_pin=PIN,
        seal_chain=token.intermediate.pem.decode(),
        timestamp_url=url,
    )
    kit = KitSettings(data_keys_file=Path("unused"), pkcs11_module=str(token.module))
    signer = Press.load(settings, kit).signer
    assert signer is not None
    return signer


def test_the_services_time_stands_in_the_signature(
    receipt: Rendered,
    seal_token: SealToken,
    responder: Responder,
    pdfsig: Callable[[bytes], str],
) -> None:
    pdf = signer_with(responder.url, seal_token).sign(receipt, signed_at=AT)

    signature = PdfFileReader(io.BytesIO(pdf)).embedded_signatures[0]
    [token] = [
        each["values"][0]
        for each in signature.signer_info["unsigned_attrs"]
        if each["type"].native == "signature_time_stamp_token"
    ]
    stamp = token["content"]["encap_content_info"]["content"].parsed
    [asked] = {request["message_imprint"].dump() for request in responder.asked[-1:]}
    assert stamp["gen_time"].native == STAMPED_AT
    assert stamp["message_imprint"].dump() == asked
    assert "Signature is Valid" in pdfsig(pdf)
    assert "Total document signed" in pdfsig(pdf)
    assert check_signature(pdf, trusted=[seal_token.root.asn1]) is SignatureVerdict.INTACT


@pytest.mark.parametrize("fault", ["busy", "nonsense"])
def test_a_service_that_answers_badly_is_asked_again_later(
    fault: str, receipt: Rendered, seal_token: SealToken, responder: Responder
) -> None:
    signer = signer_with(responder.url, seal_token)
    responder.fault = fault

    with pytest.raises(SealUnavailable, match="time stamp service") as refused:
        signer.sign(receipt, signed_at=AT)

    assert refused.value.retry
    responder.fault = ""
    assert signer.sign(receipt, signed_at=AT)


def test_a_service_that_is_not_there_is_asked_again_later(
    receipt: Rendered, seal_token: SealToken, responder: Responder
) -> None:
    signer = signer_with(responder.url.replace("127.0.0.1", "127.0.0.2"), seal_token)

    with pytest.raises(SealUnavailable, match="time stamp service") as refused:
        signer.sign(receipt, signed_at=AT)

    assert refused.value.retry
