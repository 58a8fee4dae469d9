"""Codes leave through the gateway: handed over once, tried again when it is away, dropped when too old."""

from __future__ import annotations

import json
import stat
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from services.auth.handlers import sweep
from services.auth.sms import HttpGateway, OutboxFolder, Sms, SmsNotSent

SMS = Sms("7", "13800001234", "验证码123456", datetime(2025, 6, 2, tzinfo=UTC))


class Gateway:
    """Somebody else's gateway: keeps what it gets and answers with `status`."""

    def __init__(self) -> None:
        self.status = 200
        self.got: list[dict[str, Any]] = []
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                gateway.got.append({**json.loads(body), "token": self.headers["Authorization"]})
                self.send_response(gateway.status)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/send"


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    found = Gateway()
    thread = threading.Thread(target=found.server.serve_forever, args=(0.05,))
    thread.start()
    yield found
    found.server.shutdown()
    thread.join()
    found.server.server_close()


def test_the_gateway_gets_number_text_id_and_token(gateway: Gateway) -> None:
    HttpGateway(gateway.url, token="secret").send(SMS)
    assert gateway.got == [
        {"id": "7", "mobile": "13800001234", "text": "验证码123456", "token": "Bearer secret"}
    ]


@pytest.mark.parametrize("status", [302, 400, 500])
def test_a_gateway_that_does_not_take_it_is_told_without_number_or_text(
    gateway: Gateway, status: int
) -> None:
    gateway.status = status
    with pytest.raises(SmsNotSent) as caught:
        HttpGateway(gateway.url, token="").send(SMS)
    assert str(caught.value) == f"the gateway answered {status}"


def test_an_absent_gateway_is_told() -> None:
    with pytest.raises(SmsNotSent, match="ConnectionError"):
        HttpGateway("http://127.0.0.1:9/", token="").send(SMS)


def test_the_outbox_file_is_for_its_owner_only(tmp_path: Path) -> None:
    OutboxFolder(tmp_path / "sms").send(SMS)
    [file] = (tmp_path / "sms").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert json.loads(file.read_text())["text"] == "验证码123456"


def test_a_code_waits_for_a_gateway_that_is_away(door: Any) -> None:
    door.sms_folder.write_text("in the way")
    door.answer()
    sweep.send_waiting(door.runtime)
    [row] = door.rows("SELECT tries, message_sealed FROM sms_order")
    assert row.tries == 1
    assert row.message_sealed is not None
    door.sms_folder.unlink()
    assert len(door.messages()) == 1
    assert door.rows("SELECT message_sealed FROM sms_order")[0].message_sealed is None


def test_a_code_that_expired_is_not_sent_any_more(door: Any) -> None:
    door.answer()
    door.pass_time(minutes=5)
    assert door.messages() == []
    assert door.rows("SELECT message_sealed FROM sms_order")[0].message_sealed is None


def test_no_code_or_mobile_can_be_read_in_the_store(door: Any) -> None:
    attempt_id, _ = door.answer()
    [order] = door.rows("SELECT message_sealed, number_index FROM sms_order")
    code = door.code()
    assert code.encode() not in bytes(order.message_sealed)
    assert b"13800001234" not in bytes(order.message_sealed) + bytes(order.number_index)
    [attempt] = door.rows("SELECT code_digest FROM login_attempt")
    assert code.encode() not in bytes(attempt.code_digest)
    door.confirm(attempt_id, code)


def test_what_is_over_is_forgotten(door: Any) -> None:
    door.log_in()
    door.pass_time(days=31)
    sweep.forget(door.runtime)
    [kept] = door.rows(
        "SELECT (SELECT count(*) FROM login_attempt), (SELECT count(*) FROM session),"
        " (SELECT count(*) FROM sms_order), (SELECT count(*) FROM audit_entry)"
    )
    assert tuple(kept) == (0, 0, 0, 3)
