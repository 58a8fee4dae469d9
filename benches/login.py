"""Complete logins of one auth process, and how much of each is cryptography.

A login is challenge, answer and code through auth's real table on a real PostgreSQL. Its limit is the cryptography
alone: certificate path with revocation lists, the holder's signature, the session's token, what is sealed and opened.
The key's own signature is made beforehand: a USB key, not the hall, spends that time.
"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hpf.auth.v1 import auth_service_pb2 as pb
from hpf.collection.v1 import collection_events_pb2 as collection
from pydantic import SecretStr
from sqlalchemy import text

from benches.harness import ROUNDS, Result, Stage, seconds
from deploy.demo_ca import DemoPki, make_demo_pki
from deploy.demo_certificates import employer_form
from services.auth.certificates import check_certificate, read_trust_directory, verify_signature
from services.auth.service import APP
from services.auth.settings import AuthSettings
from services.auth.wire import ALGORITHMS
from services.kit.access_tokens import AccessClaims, issue_access_token
from services.kit.app import CallContext, Principal, Runtime
from services.kit.blobs import Blobs
from services.kit.calls import execute, handle_event
from services.kit.clock import FixedClock
from services.kit.db import Database
from services.kit.events import Event, event_type
from services.kit.idnumbers import make_uscc
from services.kit.ids import new_id
from services.kit.settings import KitSettings
from services.kit.vault import Vault

LOGINS_PER_ROUND = 40
NOW = datetime(2025, 6, 2, 1, tzinfo=UTC)
STAFF = Principal(kind="staff", name="bench")
#: Sealing, opening and indexing of one login: number, code, SMS, three answers, the agent's name.
SEALED_PER_LOGIN = 8

_employers = count(1)


@dataclass(frozen=True)
class SoftwareKey:
    """An employer's key whose signature costs the bench little."""

    name: str
    algorithm: int
    certificate: bytes
    sign: Callable[[bytes], bytes]


class Door:
    """auth's real table on a store of its own, called as the bus would call it."""

    def __init__(self, url: str, folder: Path) -> None:
        self.pki = make_demo_pki(folder / "pki", now=NOW - timedelta(days=30))
        self.session_key = Ed25519PrivateKey.generate()
        pem = self.session_key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        vault = Vault("k1", {"k1": bytes(32)}, bytes(32))
        self.runtime = Runtime(
            app=APP,
            database=Database(url),
            vault=vault,
            blobs=Blobs(f"file://{folder / 'blobs'}", vault),
            kit=KitSettings(data_keys_file=folder / "unused"),
            settings=AuthSettings(
                database_url=url,
                trust_dir=self.pki.trust_dir,
                session_private_key=SecretStr(pem.decode()),
                sms_url=f"outbox://{folder / 'sms'}",
                resend_seconds=0,
                number_sends_per_day=1_000_000,
            ),
            clock=FixedClock(NOW),
        )

    def call(self, request: Any, reply_class: Any, *, by: Principal | None = None) -> Any:
        request.request_id = new_id()
        method = type(request).__name__.removesuffix("Request")
        context = CallContext(by or Principal(), new_id())
        reply = execute(self.runtime, method, request.SerializeToString(), context)
        if reply.code:
            raise RuntimeError(f"{method} was refused: {reply.body!r}")
        return reply_class.FromString(reply.body)

    def admit(self, key: SoftwareKey, *, uscc: str) -> None:
        """Register an employer and bind its certificate."""
        number = f"1{next(_employers):07}"
        state = collection.EmployerState(
            employer_no=number,
            name="测试单位",
            uscc=uscc,
            agent_name="王经办",
            agent_mobile_sealed=self.runtime.vault.seal_text("13800001234"),
            status="01",
        )
        message = collection.EmployerRegistered(employer=state)
        kind, body = event_type(message), message.SerializeToString()
        event = Event(new_id(), kind, "collection", number, 1, NOW, "", "", "", body)
        handle_event(self.runtime, APP.subscriptions[0], event)
        request = pb.BindCertificateRequest(employer_no=number, certificate=key.certificate)
        self.call(request, pb.BindCertificateResponse, by=STAFF)

    def log_in(self, key: SoftwareKey) -> float:
        """One login; the seconds that auth itself took."""
        begun = time.perf_counter()
        started = self.call(pb.StartLoginRequest(), pb.StartLoginResponse)
        took = time.perf_counter() - begun
        answer = pb.AnswerChallengeRequest(
            attempt_id=started.attempt_id,
            certificate=key.certificate,
            algorithm=key.algorithm,  # type: ignore[arg-type]  # an enum value is an int on the wire
            signature=key.sign(started.challenge),
        )
        took += seconds(lambda: self.call(answer, pb.AnswerChallengeResponse))
        confirmed = pb.ConfirmCodeRequest(attempt_id=started.attempt_id, code=self.newest_code())
        return took + seconds(lambda: self.call(confirmed, pb.ConfirmCodeResponse))

    def newest_code(self) -> str:
        """What the agent's telephone would show."""
        newest = "SELECT message_sealed FROM sms_order ORDER BY order_id DESC LIMIT 1"
        with self.runtime.database.transaction() as connection:
            sealed = connection.execute(text(newest)).scalar_one()
        message = json.loads(self.runtime.vault.open_text(bytes(sealed)))
        return str(message["text"].partition("验证码")[2][:6])

    def cryptography(self, key: SoftwareKey) -> Callable[[], None]:
        """What of a login is cryptography, as a function to be timed."""
        trust = read_trust_directory(self.pki.trust_dir)
        message = b"x" * 200
        signature, vault = key.sign(message), self.runtime.vault
        algorithm = ALGORITHMS[key.algorithm]  # type: ignore[index]  # an enum value is an int
        ends = NOW + timedelta(minutes=10)
        claims = AccessClaims(new_id(), "10000001", "CN=CA#1", ("agent",), NOW, ends)

        def once() -> None:
            assert check_certificate(key.certificate, trust=trust, at=NOW).accepted
            assert verify_signature(
                key.certificate, algorithm, message=message, signature=signature
            )
            issue_access_token(claims, key=self.session_key)
            for _ in range(SEALED_PER_LOGIN):
                vault.open(vault.seal(message))
                vault.index("bench", "13800001234")

        return once

    def close(self) -> None:
        self.runtime.database.close()


def run(stage: Stage) -> list[Result]:
    with tempfile.TemporaryDirectory() as folder:
        door = Door(stage.database("auth"), Path(folder))
        try:
            return [line for make in (_p256, _rsa) for line in _measured(door, make)]
        finally:
            door.close()


def _measured(door: Door, make: Callable[[DemoPki, str], SoftwareKey]) -> list[Result]:
    uscc = make_uscc("130702", next(_employers) + 900_000)
    key = make(door.pki, uscc)
    door.admit(key, uscc=uscc)
    once = door.cryptography(key)
    door.log_in(key)
    once()
    ours, limit = [], []
    for _ in range(ROUNDS):
        ours.append(statistics.median(door.log_in(key) for _ in range(LOGINS_PER_ROUND)))
        limit.append(statistics.median(seconds(once) for _ in range(LOGINS_PER_ROUND)))
    login_s, cryptography_s = statistics.median(ours), statistics.median(limit)
    return [
        Result.of(
            f"complete logins, {key.name}",
            unit="1/s",
            ours=1 / login_s,
            limit=1 / cryptography_s,
            goal="ours ≥ 0.2 × limit",
        ),
        Result.of(
            f"cryptography of a login, {key.name}",
            unit="ms",
            ours=cryptography_s * 1000,
            limit=login_s * 1000,
            goal="ratio: its share of the login",
        ),
    ]


def _p256(pki: DemoPki, uscc: str) -> SoftwareKey:
    key = ec.generate_private_key(ec.SECP256R1())
    return SoftwareKey(
        "ECDSA P-256",
        pb.SIGNATURE_ALGORITHM_ECDSA_P256_SHA256,
        _certificate(pki, uscc, key.public_key()),
        lambda message: key.sign(message, ec.ECDSA(hashes.SHA256())),
    )


def _rsa(pki: DemoPki, uscc: str) -> SoftwareKey:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return SoftwareKey(
        "RSA 2048",
        pb.SIGNATURE_ALGORITHM_RSA_PKCS1_SHA256,
        _certificate(pki, uscc, key.public_key()),
        lambda message: key.sign(message, padding.PKCS1v15(), hashes.SHA256()),
    )


def _certificate(
    pki: DemoPki, uscc: str, key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey
) -> bytes:
    form = employer_form("测试单位", uscc=uscc, now=NOW - timedelta(days=1), not_after=None)
    own = x509.SubjectKeyIdentifier.from_public_key(key)
    issued = pki.issue(form.public_key(key).add_extension(own, critical=False))
    return issued.public_bytes(serialization.Encoding.DER)
