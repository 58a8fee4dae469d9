"""A login whose certificate has to be asked about: the CA's word decides, and nobody waits for it inside a transaction."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp

from services.auth.handlers import trust
from tests.conformance.certificates.ca_server import CaServer


@pytest.fixture
def server() -> Iterator[CaServer]:
    made = CaServer()
    yield made
    made.close()


@pytest.fixture
def asking(door: Any, server: CaServer, tmp_path: Path) -> Any:
    """The door with a CA that publishes no list of its holders, only answers."""
    folder = tmp_path / "trust" / "democa"
    shutil.copytree(door.pki.folder, folder)
    (folder / "crls" / "issuing.crl").unlink()
    toml = folder / "ca.toml"
    toml.write_text(f'ocsp_urls = ["{server.url}"]\n' + toml.read_text())
    changed = door.runtime.settings.model_copy(update={"trust_dir": folder.parent})
    return replace(door, runtime=replace(door.runtime, settings=changed))


def answering(door: Any, status: ocsp.OCSPCertStatus) -> Any:
    certificate = x509.load_der_x509_certificate(door.key.certificate)
    issuer = door.pki.issuing
    pem = (door.pki.root_dir / "private" / "issuing.pem").read_bytes()
    key = serialization.load_pem_private_key(pem, password=None)
    now = door.clock.now().replace(tzinfo=None)

    def answer(_serial: int, nonce: bytes) -> bytes:
        return (
            ocsp.OCSPResponseBuilder()
            .add_response(
                cert=certificate,
                issuer=issuer,
                algorithm=hashes.SHA1(),  # noqa: S303  # what the question named
                cert_status=status,
                this_update=now - timedelta(minutes=1),
                next_update=now + timedelta(days=1),
                revocation_time=now if status is ocsp.OCSPCertStatus.REVOKED else None,
                revocation_reason=None,
            )
            .responder_id(ocsp.OCSPResponderEncoding.HASH, issuer)
            .add_extension(x509.OCSPNonce(nonce), critical=False)
            .sign(key, hashes.SHA256())
            .public_bytes(serialization.Encoding.DER)
        )

    return answer


def refused(door: Any) -> str:
    with pytest.raises(Exception) as error:
        door.answer()
    return str(error.value)


def test_a_holder_that_the_ca_calls_good_gets_a_code(asking: Any, server: CaServer) -> None:
    server.answering = answering(asking, ocsp.OCSPCertStatus.GOOD)
    _, reply = asking.answer()
    assert reply.masked_mobile == "138****1234"
    assert server.asked == ["ocsp"]


def test_a_holder_that_the_ca_calls_revoked_is_told_so(asking: Any, server: CaServer) -> None:
    server.answering = answering(asking, ocsp.OCSPCertStatus.REVOKED)
    assert refused(asking) == "CERTIFICATE_REVOKED"


def test_a_ca_that_says_nothing_leaves_it_undecided(asking: Any, server: CaServer) -> None:
    assert refused(asking) == "CERTIFICATE_UNDECIDED"


def test_no_transaction_is_open_while_the_ca_is_asked(asking: Any, server: CaServer) -> None:
    open_then = []

    def look() -> None:
        [row] = asking.rows(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND state LIKE 'idle in transaction%'"
        )
        open_then.append(row.count)

    server.before_answer = look
    server.answering = answering(asking, ocsp.OCSPCertStatus.GOOD)
    asking.answer()
    assert open_then == [0]


@pytest.fixture(autouse=True)
def _forgotten() -> Iterator[None]:
    """What one test heard must not answer in the next."""
    yield
    trust._inquiries.cache_clear()
