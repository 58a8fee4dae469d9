"""One service on its real store: events are told to it, calls are made of it, its clock stands still."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

from google.protobuf.message import Message
from google.rpc import status_pb2

from services.kit.app import CallContext, Principal, Runtime
from services.kit.blobs import Blobs
from services.kit.calls import Reply, execute, handle_event
from services.kit.clock import FixedClock
from services.kit.db import Database
from services.kit.errors import reason_of
from services.kit.events import Event, event_type
from services.kit.ids import new_id
from services.kit.registry import app_of
from services.kit.settings import KitSettings
from services.kit.vault import Vault

VAULT = Vault("k1", {"k1": b"k" * 32}, b"i" * 32)
NOW = datetime(2019, 9, 20, 2, tzinfo=UTC)
STAFF = Principal(kind="staff", name="tester")

_numbers = count(1)
_M = TypeVar("_M", bound=Message)


def new_employer_no() -> str:
    """A number that no other test of this run uses: they share a database."""
    return f"T{next(_numbers):09d}"


def agent_of(employer_no: str) -> Principal:
    return Principal(kind="employer", employer_no=employer_no, session_id=f"s-{employer_no}")


def event_of(owner: str, employer_no: str, version: int, message: Message) -> Event:
    """`message` as it comes over the bus."""
    return Event(
        event_id=new_id(),
        type=event_type(message),
        source=owner,
        subject=employer_no,
        version=version,
        occurred_at=NOW,
        correlation_id="",
        causation_id="",
        traceparent="",
        body=message.SerializeToString(deterministic=True),
    )


def story_of(owner: str, employer_no: str, *messages: Message) -> list[Event]:
    """Messages as one owner's events about one employer, versions from 1."""
    return [
        event_of(owner, employer_no, version, message)
        for version, message in enumerate(messages, start=1)
    ]


class Stage:
    """A service at work for one test."""

    def __init__(self, service: str, url: str, folder: Path, **settings: Any) -> None:
        app = app_of(service)
        self.clock = FixedClock(NOW)
        self.runtime = Runtime(
            app=app,
            database=Database(url, pool_size=3, application=f"test {service}"),
            vault=VAULT,
            blobs=Blobs(f"file://{folder}/blobs", VAULT),
            kit=KitSettings(data_keys_file=folder / "unused", blob_url=f"file://{folder}/blobs"),
            settings=app.settings(database_url=url, **settings),
            clock=self.clock,
        )

    def close(self) -> None:
        self.runtime.database.close()

    def tell(self, events: list[Event]) -> None:
        """Deliver events in this order, each once."""
        for event in events:
            self.tell_one(event)

    def tell_one(self, event: Event) -> bool:
        """Deliver one event; False when it was handled before."""
        (subscription,) = [
            each for each in self.runtime.app.subscriptions if each.source == event.source
        ]
        return handle_event(self.runtime, subscription, event)

    def reply(self, request: Message, *, by: Principal, request_ref: str = "") -> Reply:
        """Call the method named after the request."""
        method = type(request).__name__.removesuffix("Request")
        context = CallContext(by, request_ref or new_id())
        return execute(self.runtime, method, request.SerializeToString(), context)

    def ask(self, request: Message, reply_class: type[_M], *, by: Principal) -> _M:
        """The answer to a call that is not refused."""
        reply = self.reply(request, by=by)
        assert reply.code == 0, reason_of(status_pb2.Status.FromString(reply.body))
        return reply_class.FromString(reply.body)

    def refusal(self, request: Message, *, by: Principal) -> str:
        """The reason of a call that is refused."""
        return refusal_of(self.reply(request, by=by))


def refusal_of(reply: Reply) -> str:
    assert reply.code, "the call was not refused"
    return reason_of(status_pb2.Status.FromString(reply.body))


def staged(service: str, url: str, folder: Path, **settings: Any) -> Iterator[Stage]:
    """For fixtures: a stage that is closed afterwards."""
    stage = Stage(service, url, folder, **settings)
    yield stage
    stage.close()
