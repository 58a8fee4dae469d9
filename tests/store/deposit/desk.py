"""Deposit alone on a real database: calls through `calls.execute`, collection's events as plain inputs."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from google.protobuf.message import Message
from google.rpc import status_pb2
from hpf.collection.v1 import collection_events_pb2 as collection
from hpf.deposit.v1 import deposit_service_pb2 as pb
from sqlalchemy import select

from services.deposit.service import APP
from services.kit import tables
from services.kit.app import CallContext, Principal, Runtime
from services.kit.blobs import Blobs
from services.kit.calls import Reply, execute, handle_event
from services.kit.clock import FixedClock, business_date
from services.kit.db import Database
from services.kit.events import Event, event_type
from services.kit.ids import new_id
from services.kit.settings import KitSettings
from services.kit.vault import Vault

_M = TypeVar("_M", bound=Message)

STAFF = Principal(kind="staff", name="tester")
OPENED_ON = "2019-07-01"


class Desk:
    """One deposit service at work."""

    def __init__(
        self, url: str, folder: Path, *, now: datetime = datetime(2019, 9, 20, 4, tzinfo=UTC)
    ) -> None:
        self.clock = FixedClock(now)
        kit = KitSettings(data_keys_file=folder / "unused", blob_url=f"file://{folder}/blobs")
        vault = Vault("k1", {"k1": b"k" * 32}, b"i" * 32)
        self.runtime = Runtime(
            APP,
            Database(url, pool_size=10, application="test deposit"),
            vault,
            Blobs(kit.blob_url, vault),
            kit,
            APP.settings(database_url=url),
            self.clock,
        )
        self.subscription = next(s for s in APP.subscriptions if s.source == "collection")

    def close(self) -> None:
        self.runtime.database.close()

    def ask(self, request: Message, *, by: Principal = STAFF) -> Reply:
        """Run the method named after the request."""
        if not getattr(request, "request_id", "x"):
            request.request_id = new_id()  # type: ignore[attr-defined]  # every change has one
        method = type(request).__name__.removesuffix("Request")
        body = request.SerializeToString()
        return execute(self.runtime, method, body, CallContext(by, new_id()))

    def call(self, request: Message, reply_class: type[_M], *, by: Principal = STAFF) -> _M:
        """The same, for a call that must not be refused."""
        reply = self.ask(request, by=by)
        assert reply.code == 0, status_pb2.Status.FromString(reply.body).message
        return reply_class.FromString(reply.body)

    def hear(self, message: Message, *, employer_no: str, version: int = 1) -> None:
        """An event of collection about an employer."""
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
        handle_event(self.runtime, self.subscription, event)

    def open_employer(self, employer_no: str, *account_nos: str) -> None:
        """An employer with empty accounts."""
        state = collection.EmployerState(employer_no=employer_no, name=employer_no, status="01")
        self.hear(collection.EmployerRegistered(employer=state), employer_no=employer_no)
        accounts = [
            collection.AccountState(
                account_no=account_no, employer_no=employer_no, status="01", opened_on=OPENED_ON
            )
            for account_no in account_nos
        ]
        self.hear(collection.AccountsOpened(accounts=accounts), employer_no=employer_no)

    def pay_in(self, employer_no: str, fen: int) -> None:
        request = pb.RecordBankPaymentRequest(
            employer_no=employer_no,
            bank_reference=new_id(),
            amount_fen=fen,
            value_date=business_date(self.clock.now()).isoformat(),
        )
        self.call(request, pb.RecordBankPaymentResponse)

    def check_books(self) -> pb.CheckBooksResponse:
        return self.call(pb.CheckBooksRequest(), pb.CheckBooksResponse)

    def events(self, message_class: type[_M]) -> list[_M]:
        """Every event of a class that was told, oldest first."""
        query = select(tables.outbox.c.body).where(
            tables.outbox.c.type == event_type(message_class)
        )
        with self.runtime.database.engine.connect() as connection:
            bodies = connection.execute(query.order_by(tables.outbox.c.position)).scalars().all()
        return [message_class.FromString(bytes(body)) for body in bodies]


def agent_of(employer_no: str) -> Principal:
    return Principal(kind="employer", employer_no=employer_no, session_id=employer_no)


def roster(registration_no: str, month: int, **monthly_fen: int) -> collection.RosterReserved:
    """Collection's answer to a remittance of one month: each account with its amount."""
    amount = sum(monthly_fen.values())
    return collection.RosterReserved(
        registration_no=registration_no,
        from_month=month,
        to_month=month,
        months=[collection.MonthDue(month=month, headcount=len(monthly_fen), amount_fen=amount)],
        due=collection.DueLines(
            account_nos=monthly_fen,
            from_months=[month] * len(monthly_fen),
            to_months=[month] * len(monthly_fen),
            employer_shares_fen=[0] * len(monthly_fen),
            employee_shares_fen=monthly_fen.values(),
            bases_fen=[0] * len(monthly_fen),
        ),
        amount_fen=amount,
        headcount=len(monthly_fen),
    )
