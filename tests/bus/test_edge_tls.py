"""TLS of the edge: server certificate, client certificates when a CA is given, renewal without a restart."""

from __future__ import annotations

import datetime as dt
import ipaddress
from dataclasses import dataclass
from pathlib import Path

import grpc
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.bus.toy_edge import Caller, ToyEdge
from tests.bus.toy_hall import ToyHall, wait_until


@dataclass(frozen=True)
class Pair:
    """A self-signed certificate that is its own CA, with its key."""

    certificate: bytes
    key: bytes


def make_pair(name: str) -> Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(minutes=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return Pair(
        certificate.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
    )


def keep(pair: Pair, folder: Path) -> dict[str, Path]:
    certificate, key = folder / "edge.pem", folder / "edge.key"
    key.write_bytes(pair.key)
    certificate.write_bytes(pair.certificate)
    return {"tls_cert_file": certificate, "tls_key_file": key}


def ping(edge: ToyEdge, ca: Pair, mine: Pair | None = None) -> grpc.StatusCode:
    """The code of a public call over a new connection that trusts `ca` and shows `mine`."""
    credentials = grpc.ssl_channel_credentials(
        root_certificates=ca.certificate,
        private_key=mine.key if mine else None,
        certificate_chain=mine.certificate if mine else None,
    )
    channel = grpc.secure_channel(
        edge.target, credentials, options=[("grpc.use_local_subchannel_pool", 1)]
    )
    with Caller(edge, channel=channel) as caller:
        return caller.code("Ping", token="", timeout_s=3)


def test_edge_speaks_tls_with_its_certificate(running_hall: ToyHall, tmp_path: Path) -> None:
    pair, stranger = make_pair("edge"), make_pair("stranger")
    edge = ToyEdge(running_hall, **keep(pair, tmp_path))
    wait_until(lambda: ping(edge, pair) is grpc.StatusCode.OK)
    assert ping(edge, stranger) is grpc.StatusCode.UNAVAILABLE
    edge.stop()


def test_renewed_certificate_is_used_without_a_restart(
    running_hall: ToyHall, tmp_path: Path
) -> None:
    old, new = make_pair("edge"), make_pair("edge")
    edge = ToyEdge(running_hall, **keep(old, tmp_path))
    wait_until(lambda: ping(edge, old) is grpc.StatusCode.OK)
    keep(new, tmp_path)
    assert ping(edge, new) is grpc.StatusCode.OK
    assert ping(edge, old) is grpc.StatusCode.UNAVAILABLE
    edge.stop()


def test_client_certificate_is_required_when_a_ca_is_given(
    running_hall: ToyHall, tmp_path: Path
) -> None:
    pair, known, unknown = make_pair("edge"), make_pair("terminal"), make_pair("stranger")
    ca_file = tmp_path / "clients.pem"
    ca_file.write_bytes(known.certificate)
    edge = ToyEdge(running_hall, tls_client_ca_file=ca_file, **keep(pair, tmp_path))
    wait_until(lambda: ping(edge, pair, known) is grpc.StatusCode.OK)
    assert ping(edge, pair, unknown) is grpc.StatusCode.UNAVAILABLE
    assert ping(edge, pair) is grpc.StatusCode.UNAVAILABLE
    edge.stop()


def test_edge_without_tls_starts_on_loopback_only(running_hall: ToyHall) -> None:
    with pytest.raises(ValueError, match="loopback"):
        ToyEdge(running_hall, listen="0.0.0.0:0", insecure=True)
    with pytest.raises(ValueError, match="EDGE_TLS_CERT_FILE"):
        ToyEdge(running_hall, insecure=False)
