"""A toy service on an empty store of its own: one method that pays a sum in, whatever the test wants to happen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest
from google.protobuf.message import Message
from google.rpc import status_pb2
from hpf.common.v1 import business_pb2
from hpf.deposit.v1 import deposit_service_pb2 as pb
from pydantic_settings import SettingsConfigDict
from sqlalchemy import text

from services.kit.app import (
    App,
    BlobReply,
    Call,
    CallContext,
    Method,
    Principal,
    Runtime,
    Subscription,
    Ticker,
)
from services.kit.blobs import Blobs
from services.kit.calls import Reply, execute
from services.kit.clock import FixedClock
from services.kit.db import Database
from services.kit.errors import DomainError, reason_of
from services.kit.ids import new_id
from services.kit.settings import KitSettings, ServiceSettings
from services.kit.tables import create_kit_tables
from services.kit.vault import Vault

METHOD = "RecordBankPayment"
NOW = datetime(2019, 9, 20, 2, tzinfo=UTC)
VAULT = Vault("k1", {"k1": b"k" * 32}, b"i" * 32)
STAFF = Principal(kind="staff", name="tester")
_EMPLOYERS = count(1)

Pay = Callable[[Call, pb.RecordBankPaymentRequest], "Message | DomainError | BlobReply"]


class ToySettings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="TOY_", frozen=True, extra="ignore")


def pay(call: Call, request: pb.RecordBankPaymentRequest) -> Message:
    """What the toy does unless a test says otherwise: keeps the sum, answers with it."""
    call.connection.execute(
        text("INSERT INTO paid (employer_no, amount_fen) VALUES (:employer_no, :amount_fen)"),
        {"employer_no": request.employer_no, "amount_fen": request.amount_fen},
    )
    business = business_pb2.Business(employer_no=request.employer_no, amount_fen=request.amount_fen)
    return pb.RecordBankPaymentResponse(business=business)


@dataclass
class Toy:
    """The toy service at work. `pays` is what its one method does, `calls` how often it did."""

    runtime: Runtime
    pays: Pay = pay
    calls: list[int] = field(default_factory=list)

    def new_employer(self) -> str:
        """A number that no other test of this run uses."""
        return f"K{next(_EMPLOYERS):08d}"

    def ask(
        self, employer_no: str, *, fen: int = 100, request_id: str, by: Principal = STAFF
    ) -> Reply:
        request = pb.RecordBankPaymentRequest(
            request_id=request_id, employer_no=employer_no, amount_fen=fen
        )
        return execute(self.runtime, METHOD, request.SerializeToString(), CallContext(by, new_id()))

    def paid(self, employer_no: str) -> list[int]:
        """What the store holds."""
        with self.runtime.database.reading() as connection:
            found = connection.execute(
                text("SELECT amount_fen FROM paid WHERE employer_no = :no ORDER BY 1"),
                {"no": employer_no},
            )
            return list(found.scalars())


def reason(reply: Reply) -> str:
    """Why the call was refused; empty when it was not."""
    return reason_of(status_pb2.Status.FromString(reply.body)) if reply.code else ""


@pytest.fixture(scope="session")
def kit_url(new_database: Callable[[], str]) -> str:
    """A store with the kit's tables and one of the toy's own, shared by these tests."""
    url = new_database()
    database = Database(url)
    with database.transaction() as connection:
        create_kit_tables(connection)
        connection.execute(text("CREATE TABLE paid (employer_no text, amount_fen bigint)"))
    database.close()
    return url


def toy_runtime(
    url: str,
    folder: Path,
    methods: dict[str, Method],
    subscriptions: tuple[Subscription, ...] = (),
    tickers: tuple[Ticker, ...] = (),
) -> Runtime:
    """A toy service that holds nothing but what it is given."""
    app = App("toy", ToySettings, methods, subscriptions, tickers)
    return Runtime(
        app=app,
        database=Database(url, pool_size=12, application="test kit"),
        vault=VAULT,
        blobs=Blobs(f"file://{folder}/blobs", VAULT),
        kit=KitSettings(data_keys_file=folder / "unused"),
        settings=ToySettings(database_url=url),
        clock=FixedClock(NOW),
    )


@pytest.fixture
def toy(kit_url: str, tmp_path: Path) -> Iterator[Toy]:
    def handler(
        call: Call, request: pb.RecordBankPaymentRequest
    ) -> Message | DomainError | BlobReply:
        made.calls.append(request.amount_fen)
        return made.pays(call, request)

    service = pb.DESCRIPTOR.services_by_name["DepositAdminService"]
    method = Method(METHOD, service.methods_by_name[METHOD], handler)
    made = Toy(toy_runtime(kit_url, tmp_path, {METHOD: method}))
    yield made
    made.runtime.database.close()
