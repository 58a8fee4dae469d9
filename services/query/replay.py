"""Rebuilding and checking the read tables from the owners' logs, beside the running system.

    create  → empty tables in a schema of their own
    follow  → every event of both logs, applied by the projection itself, until the ends are reached
    rebuild → the new tables take the place of the running ones, which must not have got further
    verify  → both sides are compared row by row in one snapshot, and the new ones are dropped

Each batch is one transaction with the cursor, so a killed process goes on where it was. Of two versions of one
employer the later may stand earlier in a log (two transactions side by side): it is held until the other has come, and
the cursor is kept only when nothing is held.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from google.protobuf.message import Message
from hpf.common.v1 import event_log_pb2
from hpf.query.v1 import query_service_pb2 as pb
from sqlalchemy import Connection

from services.kit.app import Call, CallContext, Principal, Runtime
from services.kit.event_log import event_of
from services.kit.events import Event
from services.kit.rpc_client import BusClient
from services.kit.settings import BrokerSettings
from services.query.events import OWNERS, messages_of
from services.query.handlers import projection
from services.query.store import replayed, replays
from services.query.store.versions import OutOfOrder

log = logging.getLogger(__name__)

# A batch is a transaction: small enough to end within a second, large enough to be worth one.
BATCH_EVENTS = 100
READ_TIMEOUT_S = 60.0

_SYSTEM = Principal(kind="system", name="replay")

#: Reads a page of an owner's log.
ReadLog = Callable[[str, event_log_pb2.ReadEventsRequest], event_log_pb2.ReadEventsResponse]


def work(runtime: Runtime) -> None:
    """Do the replay that was asked for, if any, reading the logs over the bus."""
    with runtime.database.reading() as connection:
        if replays.running(connection) is None:
            return
    with BusClient(BrokerSettings.read().amqp_uri, runtime.kit.namespace) as bus:

        def read(
            owner: str, request: event_log_pb2.ReadEventsRequest
        ) -> event_log_pb2.ReadEventsResponse:
            reply = event_log_pb2.ReadEventsResponse
            return bus.call(
                owner, "ReadEvents", request, reply, principal=_SYSTEM, timeout_s=READ_TIMEOUT_S
            )

        work_with(runtime, read)


def work_with(runtime: Runtime, read: ReadLog) -> None:
    """Do the replay that was asked for, if any. Returns when it has ended, or when the running tables have got
    further than the logs could be read: the next call goes on."""
    with runtime.database.transaction() as connection:
        run = replays.running(connection)
        if run is None:
            return
        if not replayed.exist(connection):
            replayed.create(connection)
            replays.begin_again(connection, run.replay_no)
        progress = replays.owners_of(connection, run.replay_no)
    whole = [
        _Following(runtime, run.replay_no, row.owner, (row.xid, row.position)).to_the_end(read)
        for row in progress
    ]
    if run.purpose == pb.REPLAY_PURPOSE_REBUILD:
        _switch(runtime, run.replay_no)
    elif all(whole):
        _compare(runtime, run.replay_no)


@dataclass
class _Following:
    """One owner's log on its way into the new tables."""

    runtime: Runtime
    replay_no: int
    owner: str
    cursor: tuple[int, int]
    held: dict[tuple[str, int], Event] = field(default_factory=dict)

    def to_the_end(self, read: ReadLog) -> bool:
        """Apply everything that can be read; False when newer events cannot yet, since a transaction that began
        before them is still running."""
        while True:
            after = event_log_pb2.LogCursor(xid=self.cursor[0], position=self.cursor[1])
            request = event_log_pb2.ReadEventsRequest(after=after, limit=BATCH_EVENTS)
            batch = read(self.owner, request)
            self._apply(batch)
            if batch.at_end:
                return batch.next.position >= batch.last_position

    def _apply(self, batch: event_log_pb2.ReadEventsResponse) -> None:
        events = [event_of(each, source=self.owner) for each in batch.events]
        with replayed.beside(self.runtime.database) as connection:
            for event in events:
                self._take(connection, event)
            self.cursor = (batch.next.xid, batch.next.position)
            if not self.held:
                replays.put_progress(
                    connection,
                    self.replay_no,
                    self.owner,
                    cursor=self.cursor,
                    last_position=batch.last_position,
                    events=len(events),
                )

    def _take(self, connection: Connection, event: Event) -> None:
        """Apply an event and those that waited for it, or hold it."""
        following: Event | None = event
        while following is not None:
            try:
                _project(self.runtime, connection, following)
            except OutOfOrder:
                self.held[following.subject, following.version] = following
                return
            following = self.held.pop((following.subject, following.version + 1), None)


def _project(runtime: Runtime, connection: Connection, event: Event) -> None:
    context = CallContext(_SYSTEM, event.correlation_id)
    call = Call(runtime, connection, context, runtime.clock.now(), event=event)
    if event.type in _KNOWN[event.source]:
        message: Message = event.message()
        projection.project(call, message)
    else:
        projection.pass_by(call, None)


_KNOWN = {
    owner: frozenset(str(each.DESCRIPTOR.full_name) for each in messages_of(owner))
    for owner in OWNERS
}


def _switch(runtime: Runtime, replay_no: int) -> None:
    now = runtime.clock.now()
    with runtime.database.transaction() as connection:
        if not replayed.switch(connection):
            log.info("replay %d follows once more before it switches", replay_no)
            return
        replays.end(connection, replay_no, state=pb.REPLAY_STATE_SWITCHED, now=now)
    log.info("replay %d switched", replay_no)


def _compare(runtime: Runtime, replay_no: int) -> None:
    now = runtime.clock.now()
    with runtime.database.reading() as snapshot:
        found, compared, skipped = replayed.differences(snapshot)
    with runtime.database.transaction() as connection:
        replays.put_comparison(connection, replay_no, found, compared=compared, skipped=skipped)
        replays.end(connection, replay_no, state=pb.REPLAY_STATE_VERIFIED, now=now)
        replayed.drop(connection)
    log.info("replay %d verified differing_tables=%d", replay_no, len(found))
