"""`amqps://` means that the broker's certificate is checked, by both of our AMQP clients."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import aiormq
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from services.kit.broker import broker_connection

#: What an AMQP client says first, once it trusts the other side.
GREETING = b"AMQP\x00\x00\x09\x01"
PATIENCE_S = 10.0


def certificate(folder: Path, *, host: str) -> tuple[Path, Path]:
    """A certificate of `host` signed by itself, which is thereby its own CA; and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "broker")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(IPv4Address(host))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, secret = folder / f"{host}.pem", folder / f"{host}.key"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return pem, secret


class Listener:
    """Takes TLS connections and keeps what is said first; hangs up then."""

    def __init__(self, pem: Path, key: Path) -> None:
        self.heard: list[bytes] = []
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(pem, key)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        while True:
            try:
                plain, _ = self._socket.accept()
            except OSError:
                return
            plain.settimeout(PATIENCE_S)
            try:
                with self._context.wrap_socket(plain, server_side=True) as secure:
                    self.heard.append(secure.recv(8))
            except OSError:
                continue

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(PATIENCE_S)


def with_kombu(uri: str) -> None:
    """As services and staff do."""
    connection = broker_connection(uri, connect_timeout=PATIENCE_S)
    try:
        connection.connect()
    except OSError:
        return
    finally:
        connection.release()


def with_aiormq(uri: str) -> None:
    """As the edge does."""

    async def connect() -> None:
        try:
            await asyncio.wait_for(aiormq.connect(uri), timeout=PATIENCE_S)
        except (OSError, aiormq.exceptions.AMQPError):
            return

    asyncio.run(connect())


each_client = pytest.mark.parametrize("client", [with_kombu, with_aiormq])


@pytest.fixture
def listening(tmp_path: Path) -> Iterator[Callable[[str], tuple[Listener, Path]]]:
    open_ones: list[Listener] = []

    def listen(host: str) -> tuple[Listener, Path]:
        pem, key = certificate(tmp_path, host=host)
        made = Listener(pem, key)
        open_ones.append(made)
        return made, pem

    yield listen
    for each in open_ones:
        each.close()


@each_client
@pytest.mark.parametrize(
    ("named", "trusted", "heard"),
    [
        ("127.0.0.1", True, {GREETING}),
        ("127.0.0.1", False, set()),
        ("192.0.2.1", True, set()),
    ],
    ids=["the right broker", "of an unknown CA", "another host's certificate"],
)
def test_only_a_broker_that_proves_its_name_is_spoken_to(
    client: Callable[[str], None],
    named: str,
    trusted: bool,
    heard: set[bytes],
    listening: Callable[[str], tuple[Listener, Path]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broker, pem = listening(named)
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    client(f"amqps://user:secret@127.0.0.1:{broker.port}//")
    assert set(broker.heard) == heard
