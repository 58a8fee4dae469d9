"""A service as a table: which handler answers which method, which event goes to which handler.

Nothing here knows how messages arrive. `calls.execute` runs one method, `calls.handle_event` one event; the nameko
host, the plain workers and the tests all drive the same table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from hpf.common.v1 import business_pb2, options_pb2, submission_pb2
from sqlalchemy import Connection

from services.kit import outbox
from services.kit.blobs import Blobs
from services.kit.clock import Clock, SystemClock
from services.kit.data_keys import read_vault
from services.kit.db import Database
from services.kit.errors import NOT_ALLOWED, DomainError
from services.kit.events import event_type, every_key, routing_key
from services.kit.settings import KitSettings, ServiceSettings
from services.kit.vault import Vault

if TYPE_CHECKING:
    from services.kit.submissions.submission import Submission

_SIGNATURE = "signature"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who calls. `kind` is public, employer, staff or system; an employer's agent carries the session's facts."""

    kind: str = "public"
    employer_no: str = ""
    name: str = ""  # the staff member's login name; never an agent's personal name
    session_id: str = ""
    certificate: str = ""  # issuer and serial of the certificate that opened the session
    roles: tuple[str, ...] = ()  # of `roles.Role`
    address: str = ""  # the peer's address, as the edge saw it
    certificate_sha256: str = ""  # hex digest of that certificate's DER
    policies: tuple[str, ...] = ()  # of `roles.Policy`, those that hold for the employer

    @property
    def key(self) -> str:
        """Whose request ids these are: ids of different callers never meet. Without a session an address is all there is."""
        return f"{self.kind}:{self.employer_no or self.name or self.session_id or self.address}"


@dataclass(frozen=True, slots=True)
class CallContext:
    """What travels beside the body of a call."""

    principal: Principal
    request_ref: str  # made by the edge for every call; the only thing a person is told of a fault
    traceparent: str = ""
    deadline: datetime | None = None


@dataclass(frozen=True, slots=True)
class BlobReply:
    """A streamed answer: the first piece, then the content of a blob."""

    first: Message
    blob: str


@dataclass(frozen=True, slots=True)
class Standing:
    """A streamed answer that is not the last: how it stands now. The edge passes it on and makes the same call again,
    from time to time and as soon as it hears of `about` (a registration number, the key of a job)."""

    now: Message
    about: str


Handler = Callable[["Call", Any], "Message | DomainError | BlobReply | Standing"]
EventHandler = Callable[["Call", Any], None]
_Reads = TypeVar("_Reads", bound=Handler)

_ONE_STATEMENT = "is_one_statement"


def one_statement(handler: _Reads) -> _Reads:
    """Say of a handler that reads that it sends one statement, which needs no transaction around it.

    A second statement makes the call a FAULT.
    """
    setattr(handler, _ONE_STATEMENT, True)
    return handler


@dataclass(frozen=True)
class Method:
    """One RPC of the protos with the handler that answers it. What its descriptor says is read once."""

    name: str
    descriptor: MethodDescriptor
    handler: Handler

    @cached_property
    def access(self) -> int:
        return int(self.descriptor.GetOptions().Extensions[options_pb2.access])

    @cached_property
    def changes(self) -> bool:
        effect = self.descriptor.GetOptions().Extensions[options_pb2.effect]
        return bool(effect == options_pb2.EFFECT_CHANGES)

    @cached_property
    def submits(self) -> bool:
        """Submits a business of an employer: the way of `submissions` applies."""
        return bool(self.descriptor.GetOptions().Extensions[options_pb2.submits])

    @cached_property
    def is_signed(self) -> bool:
        """Whether its request can carry a signature: submissions and approvals."""
        field = self.descriptor.input_type.fields_by_name.get(_SIGNATURE)
        if field is None or field.message_type is None:
            return False
        kind = submission_pb2.SubmissionSignature.DESCRIPTOR.full_name
        return bool(field.message_type.full_name == kind)

    @cached_property
    def is_one_statement(self) -> bool:
        return bool(getattr(self.handler, _ONE_STATEMENT, False))

    @cached_property
    def request_class(self) -> type[Message]:
        return GetMessageClass(self.descriptor.input_type)


@dataclass(frozen=True, slots=True)
class Subscription:
    """Events of one source that this service handles, in order, through one queue.

    With `others` it is bound for every event of the source; that handler is called for the types that `handlers` does
    not name, without a message: a newer owner may send what this service cannot read yet.
    """

    source: str
    handlers: Mapping[str, EventHandler]  # by event type
    queue: str = "main"  # tells several subscriptions to one source apart
    others: EventHandler | None = None

    def takes(self, type_name: str) -> bool:
        return self.others is not None or type_name in self.handlers

    def routing_keys(self) -> list[str]:
        if self.others is not None:
            return [every_key(self.source)]
        return sorted(routing_key(self.source, name) for name in self.handlers)


@dataclass(frozen=True, slots=True)
class Ticker:
    """Something to be done again and again by one process at a time."""

    name: str
    every_s: float
    run: Callable[[Runtime], None]


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits to be gone on with; `look` tells how much there is and since when the oldest waits (docs/runbook.md)."""

    what: str
    look: Callable[[Connection, datetime], tuple[int, datetime | None]]


@dataclass(frozen=True)
class App:
    """The whole table of one service. `settings` is its settings class; `before_read` may make a read wait,
    `before_change` ask outsiders before a change's transaction begins."""

    name: str
    settings: type[ServiceSettings]
    methods: Mapping[str, Method]
    subscriptions: Sequence[Subscription] = ()
    tickers: Sequence[Ticker] = ()
    backlogs: Sequence[Backlog] = ()
    before_read: Callable[[Runtime, Message, Principal], None] | None = None
    before_change: Callable[[Runtime, Message, Principal], None] | None = None


@dataclass
class Runtime:
    """A service at work: its table with store, keys, files, clock and settings."""

    app: App
    database: Database
    vault: Vault
    blobs: Blobs
    kit: KitSettings
    settings: ServiceSettings
    clock: Clock = field(default_factory=SystemClock)

    @classmethod
    def from_environment(cls, app: App) -> Runtime:
        kit = KitSettings.read()
        settings, vault = app.settings.read(), read_vault(kit)
        return cls(
            app=app,
            database=Database(
                settings.database_url, pool_size=settings.database_pool, application=app.name
            ),
            vault=vault,
            blobs=Blobs(kit.blob_url, vault),
            kit=kit,
            settings=settings,
        )


@dataclass
class Call:
    """What a handler works with: one transaction, who asked, when, and where events go."""

    runtime: Runtime
    connection: Connection
    context: CallContext
    now: datetime
    cause: str = ""  # id of the event that is being handled
    correlation: str = ""  # of the event that is being handled
    event: Any = None  # the envelope of the event that is being handled
    submission: Submission | None = None  # what the call submits or approves
    approver: Principal | None = None  # who approves what runs here as its submitter's
    versions: dict[str, int] = field(default_factory=dict)

    @property
    def principal(self) -> Principal:
        return self.context.principal

    @property
    def employer_no(self) -> str:
        """The employer whose session this is; raises NOT_ALLOWED when there is none."""
        if not self.principal.employer_no:
            raise DomainError(NOT_ALLOWED)
        return self.principal.employer_no

    @property
    def vault(self) -> Vault:
        return self.runtime.vault

    @property
    def settings(self) -> Any:
        return self.runtime.settings

    def emit(self, message: Message, *, subject: str) -> int:
        """Put an event into this transaction's outbox; returns its version among the subject's events."""
        version = outbox.append(
            self.connection,
            message,
            subject=subject,
            now=self.now,
            correlation_id=self.correlation or self.context.request_ref,
            causation_id=self.cause,
            traceparent=self.context.traceparent,
        )
        self.versions[subject] = version
        return version

    def consistency(self) -> list[business_pb2.ConsistencyToken]:
        """Tokens for the versions this call has written so far."""
        owner = self.runtime.app.name
        return [
            business_pb2.ConsistencyToken(owner=owner, employer_no=subject, version=version)
            for subject, version in self.versions.items()
        ]


def methods(*tables: tuple[ServiceDescriptor, Mapping[str, Handler]]) -> dict[str, Method]:
    """Join descriptors and handlers. A method without its options or its handler, or a handler without its
    method, does not start: raises ValueError."""
    found: dict[str, Method] = {}
    for descriptor, handlers in tables:
        names = {method.name for method in descriptor.methods}
        if names != set(handlers):
            raise ValueError(
                f"{descriptor.full_name}: {sorted(names ^ set(handlers))} do not match"
            )
        for method in descriptor.methods:
            options = method.GetOptions().Extensions
            if not options[options_pb2.access] or not options[options_pb2.effect]:
                raise ValueError(f"{method.full_name} lacks its options")
            if method.name in found:
                raise ValueError(f"{method.name} is declared twice")
            joined = Method(method.name, method, handlers[method.name])
            if joined.submits and not joined.is_signed:
                raise ValueError(f"{method.full_name} submits what cannot be signed")
            found[method.name] = joined
    return found


def subscribe(
    source: str,
    handlers: Mapping[type[Message], EventHandler],
    *,
    queue: str = "main",
    others: EventHandler | None = None,
) -> Subscription:
    """A subscription from message classes to handlers."""
    by_type = {event_type(cls): each for cls, each in handlers.items()}
    return Subscription(source, by_type, queue, others)
