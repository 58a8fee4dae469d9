"""A CA's web server for tests: an OCSP responder and lists, as right or as wrong as a case wants them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography.x509 import OCSPNonce, ocsp

#: From the number that is asked about and the nonce of the question to an answer (DER).
Answering = Callable[[int, bytes], bytes]


class CaServer:
    """Notes what it was asked; `answering` makes OCSP answers, `lists` are served by path."""

    def __init__(self) -> None:
        self.answering: Answering | None = None
        self.lists: dict[str, bytes] = {}
        self.status = 200
        self.asked: list[str] = []
        self.before_answer: Callable[[], None] = lambda: None
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                server.asked.append("ocsp")
                body = self.rfile.read(int(self.headers["Content-Length"]))
                question = ocsp.load_der_ocsp_request(body)
                nonce = question.extensions.get_extension_for_class(OCSPNonce).value.nonce
                server.before_answer()
                answering = server.answering
                self._send(answering(question.serial_number, nonce) if answering else None)

            def do_GET(self) -> None:
                server.asked.append(self.path)
                self._send(server.lists.get(self.path))

            def _send(self, content: bytes | None) -> None:
                self.send_response(server.status if content is not None else 404)
                self.send_header("content-length", str(len(content or b"")))
                self.end_headers()
                self.wfile.write(content or b"")

            def log_message(self, format: str, *args: object) -> None:
                """Nothing: the test says what it expects."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self._http.server_port}"
        self.url = f"http://{self.host}"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()
