"""auth at work on a real database, with a demo CA and real soft-token keys; time is moved by hand."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from google.protobuf.message import Message
from google.rpc import status_pb2
from hpf.auth.v1 import auth_service_pb2 as pb
from hpf.collection.v1 import collection_events_pb2 as collection
from pydantic import SecretStr
from sqlalchemy import text

from deploy.demo_ca import DemoPki, UsbKey, make_demo_pki, make_usb_key
from services.auth.handlers import sweep
from services.auth.service import APP
from services.auth.settings import AuthSettings
from services.kit import outbox
from services.kit.app import CallContext, Principal, Runtime
from services.kit.blobs import Blobs
from services.kit.calls import execute, handle_event
from services.kit.clock import FixedClock
from services.kit.db import Database
from services.kit.errors import reason_of
from services.kit.events import Event, event_type
from services.kit.ids import new_id
from services.kit.settings import KitSettings
from services.kit.vault import Vault
from tests.owning import owning

NOW = datetime(2025, 6, 2, 1, 0, tzinfo=UTC)
USCC = "91130701MA0ABCDE1X"
EMPLOYER_NO = "10010001"
MOBILE = "13800001234"
STAFF = Principal(kind="staff", name="wang")


class Refused(Exception):
    """A call was refused with this reason."""

    def __init__(self, status: status_pb2.Status) -> None:
        super().__init__(reason_of(status))
        self.reason = reason_of(status)


@dataclass
class Door:
    """auth as its callers see it."""

    runtime: Runtime
    clock: FixedClock
    pki: DemoPki
    sms_folder: Path
    public_key: Ed25519PublicKey
    key: UsbKey
    versions: dict[str, int] = field(default_factory=dict)

    def call(self, method: str, request: Any, principal: Principal | None = None) -> Any:
        """Run one call; raises Refused."""
        if "request_id" in request.DESCRIPTOR.fields_by_name and not request.request_id:
            request.request_id = new_id()
        who = principal or Principal(address="192.0.2.7")
        reply = execute(self.runtime, method, request.SerializeToString(), CallContext(who, "test"))
        if reply.code:
            raise Refused(status_pb2.Status.FromString(reply.body))
        descriptor = APP.methods[method].descriptor.output_type
        return getattr(pb, descriptor.name).FromString(reply.body)

    def tell(self, message: Message, employer_no: str) -> None:
        """An event of collection arrives."""
        version = self.versions[employer_no] = self.versions.get(employer_no, 0) + 1
        event = Event(
            event_id=new_id(),
            type=event_type(message),
            source="collection",
            subject=employer_no,
            version=version,
            occurred_at=self.clock.now(),
            correlation_id="",
            causation_id="",
            traceparent="",
            body=message.SerializeToString(),
        )
        handle_event(self.runtime, APP.subscriptions[0], event)

    def register(
        self,
        employer_no: str = EMPLOYER_NO,
        *,
        uscc: str = USCC,
        mobile: str = MOBILE,
        status: str = "01",
    ) -> None:
        """collection says how the employer stands."""
        state = collection.EmployerState(
            employer_no=employer_no,
            name="测试单位",
            uscc=uscc,
            agent_name="王经办",
            agent_mobile_sealed=self.runtime.vault.seal_text(mobile),
            status=status,
        )
        kind = collection.EmployerClosed if status == "04" else collection.EmployerRegistered
        self.tell(kind(employer=state), employer_no)

    def bind(self, key: UsbKey | None = None, employer_no: str = EMPLOYER_NO) -> Any:
        request = pb.BindCertificateRequest(
            employer_no=employer_no, certificate=(key or self.key).certificate
        )
        return self.call("BindCertificate", request, STAFF).binding

    def answer(self, key: UsbKey | None = None) -> tuple[str, Any]:
        """Steps 1 and 2 of a login; the attempt's id and the answer."""
        key = key or self.key
        started = self.call("StartLogin", pb.StartLoginRequest())
        return started.attempt_id, self.call("AnswerChallenge", self.signed(started, key))

    def signed(self, started: Any, key: UsbKey | None = None) -> pb.AnswerChallengeRequest:
        """The answer to a challenge."""
        key = key or self.key
        algorithm, signature = key.keys.sign_login(
            key.label, started.challenge, pin=key.pin, key_id=key.key_id
        )
        return pb.AnswerChallengeRequest(
            attempt_id=started.attempt_id,
            certificate=key.certificate,
            algorithm={
                "rsa-pkcs1-sha256": pb.SIGNATURE_ALGORITHM_RSA_PKCS1_SHA256,
                "ecdsa-sha256": pb.SIGNATURE_ALGORITHM_ECDSA_P256_SHA256,
            }[algorithm],
            signature=signature,
        )

    def code(self) -> str:
        """The code of the newest SMS."""
        text_of_sms: str = self.messages()[-1]["text"]
        return text_of_sms.partition("验证码")[2][:6]

    def messages(self) -> list[dict[str, str]]:
        sweep.send_waiting(self.runtime)
        return [json.loads(path.read_text()) for path in sorted(self.sms_folder.glob("*.json"))]

    def confirm(self, attempt_id: str, code: str) -> Any:
        request = pb.ConfirmCodeRequest(attempt_id=attempt_id, code=code)
        return self.call("ConfirmCode", request).session

    def log_in(self, key: UsbKey | None = None) -> Any:
        attempt_id, _ = self.answer(key)
        return self.confirm(attempt_id, self.code())

    def agent(self, session: Any) -> Principal:
        """The principal that the edge makes of a session's token."""
        return Principal(
            kind="employer", employer_no=session.employer_no, session_id=session.session_id
        )

    def pass_time(self, **duration: float) -> None:
        self.clock.moment += timedelta(**duration)

    def events(self) -> list[Message]:
        with self.runtime.database.transaction() as connection:
            return [
                event.message() for _, event in outbox.unpublished(connection, "auth", limit=999)
            ]

    def tamper(self, statements: str) -> None:
        """As whoever runs the database: auth itself may not touch the trail (tests/store/kit/test_grants.py)."""
        with owning(self.runtime.database.url) as connection:
            for statement in statements.split(";"):
                connection.execute(text(statement))

    def rows(self, query: str) -> list[Any]:
        with self.runtime.database.transaction() as connection:
            return list(connection.execute(text(query)))


@pytest.fixture(scope="session")
def demo_pki(tmp_path_factory: pytest.TempPathFactory) -> DemoPki:
    return make_demo_pki(tmp_path_factory.mktemp("pki"), now=NOW - timedelta(days=30))


@pytest.fixture(scope="session")
def usb_key(demo_pki: DemoPki) -> UsbKey:
    return make_usb_key(
        demo_pki, name="测试单位", uscc=USCC, label="key-1", now=NOW - timedelta(days=1)
    )


@pytest.fixture(scope="session")
def auth_database(service_db: Callable[[str], str]) -> Iterator[Database]:
    database = Database(service_db("auth"))
    yield database
    database.close()


@pytest.fixture
def door(
    auth_database: Database, demo_pki: DemoPki, usb_key: UsbKey, tmp_path: Path
) -> Iterator[Door]:
    """auth with one employer and its certificate bound."""
    signing = Ed25519PrivateKey.generate()
    pem = signing.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    settings = AuthSettings(
        database_url=auth_database.url,
        trust_dir=demo_pki.trust_dir,
        session_private_key=SecretStr(pem.decode()),
        sms_url=f"outbox://{tmp_path / 'sms'}",
    )
    clock = FixedClock(NOW)
    vault = Vault("k1", {"k1": bytes(32)}, bytes(32))
    runtime = Runtime(
        app=APP,
        database=auth_database,
        vault=vault,
        blobs=Blobs(f"file://{tmp_path / 'blobs'}", vault),
        kit=KitSettings(data_keys_file=tmp_path / "unused"),
        settings=settings,
        clock=clock,
    )
    door = Door(runtime, clock, demo_pki, tmp_path / "sms", signing.public_key(), usb_key)
    door.register()
    door.bind()
    yield door
    with owning(auth_database.url) as connection:
        connection.execute(
            text(
                "TRUNCATE employer, employer_access, binding, login_attempt, sms_order, session, mobile_change, audit_entry, audit_head,"
                " outbox, subject_version, inbox, answered_request RESTART IDENTITY CASCADE"
            )
        )
