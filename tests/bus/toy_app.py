"""The toy service on the kit, and as much of an auth as the edge needs: real tables, real handlers, small.

`Keep` writes a note and emits Noted; the service hears its own Noted and writes what it heard, so one call goes all
the way through outbox, relay, exchange, queue and inbox.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from hpf.auth.v1 import auth_service_pb2
from hpf.common.v1 import business_pb2
from pydantic_settings import SettingsConfigDict
from sqlalchemy import Column, Connection, Identity, Integer, MetaData, Table, Text, insert, select

from services.kit.app import App, BlobReply, Call, Standing, methods, subscribe
from services.kit.errors import NOT_READY_YET, DomainError, Kind, Reason
from services.kit.events import Poison
from services.kit.settings import ServiceSettings
from services.kit.tables import create_kit_tables
from tests.bus import toy_protos as toy

BLOB = "toy/file.bin"
BLOB_SIZE_BYTES = 150_000  # three pieces
ENDED_BEFORE = "session-ended-before"
TOO_SMALL = Reason("TOY_TOO_SMALL", Kind.STATE, "the toy is too small", "玩具太小")

metadata = MetaData()
note = Table(
    "note",
    metadata,
    Column("note_no", Integer, Identity(always=True), primary_key=True),
    Column("kind", Text, nullable=False),  # kept, heard, tried
    Column("text", Text, nullable=False),
)


class ToySettings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="TOY_", extra="ignore", frozen=True)


class AuthSettings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="AUTH_", extra="ignore", frozen=True)


def create_tables(connection: Connection) -> None:
    create_kit_tables(connection)
    metadata.create_all(connection)


def notes(connection: Connection, kind: str) -> list[str]:
    found = select(note.c.text).where(note.c.kind == kind).order_by(note.c.note_no)
    return list(connection.execute(found).scalars())


def echo(call: Call, request: Any) -> Any:
    return toy.Noted(text=f"{call.principal.kind}:{call.principal.employer_no}:{request.text}")


def sleep(call: Call, request: Any) -> Any:
    time.sleep(float(request.text))
    return toy.Noted(text="slept")


def keep(call: Call, request: Any) -> Any:
    call.connection.execute(insert(note).values(kind="kept", text=request.text))
    call.emit(toy.Noted(text=request.text), subject=call.employer_no)
    return toy.Noted(text=request.text)


def fail(call: Call, request: Any) -> Any:
    raise RuntimeError("张三 410101199001011234")  # nobody outside may ever see this


def refuse(call: Call, request: Any) -> Any:
    raise DomainError(TOO_SMALL)


def begin(call: Call, request: Any) -> Any:
    """Pending, finished by an event at once (`posted`, `rejected`) or never (`never`, `asked`)."""
    number = f"{request.text}-{request.request_id}"
    pending = business_pb2.Business(
        registration_no=number, state=business_pb2.BUSINESS_STATE_PENDING
    )
    call.connection.execute(insert(note).values(kind="kept", text=number))
    call.emit(toy.Noted(text=request.text), subject=call.employer_no)
    pending.consistency.extend(call.consistency())
    if request.text in ("posted", "rejected"):
        call.emit(business_pb2.BusinessFinished(business=_ended(number)), subject=call.employer_no)
    return toy.Started(business=pending)


def _ended(number: str) -> business_pb2.Business:
    if number.startswith("rejected"):
        return business_pb2.Business(
            registration_no=number,
            state=business_pb2.BUSINESS_STATE_REJECTED,
            rejection=DomainError(TOO_SMALL).to_status(),
        )
    return business_pb2.Business(
        registration_no=number, state=business_pb2.BUSINESS_STATE_POSTED, amount_fen=4200
    )


def get_business(call: Call, request: Any) -> Any:
    number = request.registration_no
    if number.startswith("never"):
        pending = business_pb2.BUSINESS_STATE_PENDING
        business = business_pb2.Business(registration_no=number, state=pending)
        return business_pb2.GetBusinessResponse(business=business)
    return business_pb2.GetBusinessResponse(business=_ended(number))


def watch(call: Call, request: Any) -> Any:
    """Under way until there is a note of that name: `Begin` writes one and tells, `Keep` only writes."""
    if request.text in notes(call.connection, "kept"):
        return toy.Started(business=_ended(request.text))
    state = business_pb2.BUSINESS_STATE_PENDING
    business = business_pb2.Business(registration_no=request.text, state=state)
    return Standing(toy.Started(business=business), request.text)


_asked_for: dict[str, int] = {}


def fetch(call: Call, request: Any) -> Any:
    """Ready when asked for the third time; when it is "altered", its second segment was tampered with."""
    _asked_for[request.text] = _asked_for.get(request.text, 0) + 1
    if request.text == "never" or _asked_for[request.text] < 3:
        raise DomainError(NOT_READY_YET)
    call.runtime.blobs.write(BLOB, bytes(BLOB_SIZE_BYTES))
    if request.text == "altered":
        path = Path(call.runtime.kit.blob_url.removeprefix("file://")) / BLOB
        content = bytearray(path.read_bytes())
        content[100_000] ^= 1
        path.write_bytes(content)
    return BlobReply(toy.Piece(name=call.context.request_ref), BLOB)


def on_noted(call: Call, message: Any) -> None:
    with call.runtime.database.transaction() as apart:
        apart.execute(insert(note).values(kind="tried", text=message.text))
    if message.text == "poison":
        raise Poison("an invariant is broken")
    if message.text == "always fails":
        raise RuntimeError("never works")
    call.connection.execute(insert(note).values(kind="heard", text=message.text))


APP = App(
    name="toy",
    settings=ToySettings,
    methods=methods(
        (
            toy.SERVICE,
            {
                "Ping": echo,
                "Echo": echo,
                "Sleep": sleep,
                "Keep": keep,
                "Break": fail,
                "Refuse": refuse,
                "Begin": begin,
                "Fetch": fetch,
                "Watch": watch,
                "Manage": keep,
                "GetBusiness": get_business,
            },
        )
    ),
    subscriptions=(subscribe("toy", {toy.Noted: on_noted}),),
)


def ended_sessions(call: Call, request: Any) -> Any:
    reply = auth_service_pb2.ListEndedSessionsResponse()
    reply.sessions.add(session_id=ENDED_BEFORE).forget_after.FromDatetime(call.now)
    return reply


_ADMIN = auth_service_pb2.DESCRIPTOR.services_by_name["AuthAdminService"]

AUTH = App(
    name="auth",
    settings=AuthSettings,
    methods=methods(
        (
            _ADMIN,
            {method.name: refuse for method in _ADMIN.methods}
            | {"ListEndedSessions": ended_sessions},
        )
    ),
)
