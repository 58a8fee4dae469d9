"""Rebuilding and checking copies from the owners' logs, beside the running system.

    begin   → empty tables in a schema of their own
    follow  → every event of the owners' logs, applied by the service itself, until the ends are reached
    rebuild → the new tables take the place of the running ones, which must not have got further
    verify  → both sides are compared row by row in one snapshot, and the new ones are emptied

Each batch is one transaction with the cursor, so a killed process goes on where it was. Of two versions of one
employer the later may stand earlier in a log (two transactions side by side): it is held until the other has come, and
the cursor is kept only when nothing is held. What is held when the log has been read to its end waits for an event that
no log has; an event that cannot be applied cannot be the next time either; what the running tables know and a log read
to its end does not, it never will. Each ends the replay, which names the event, and the running tables stay.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from google.protobuf.message import Message
from hpf.common.v1 import event_log_pb2
from hpf.common.v1 import replay_pb2 as pb
from sqlalchemy import Connection

from services.kit.app import Call, CallContext, Principal, Runtime, Ticker
from services.kit.consume import SAME_AGAIN
from services.kit.event_log import event_of
from services.kit.events import Event, TooEarly
from services.kit.ids import new_id
from services.kit.logs import account_of
from services.kit.replays import beside, runs
from services.kit.replays.beside import Copies
from services.kit.rpc_client import BusClient
from services.kit.settings import BrokerSettings

log = logging.getLogger(__name__)

# A batch is a transaction: small enough to end within a second, large enough to be worth one.
BATCH_EVENTS = 100
READ_TIMEOUT_S = 60.0

_SYSTEM = Principal(kind="system", name="replay")

#: Reads a page of an owner's log.
ReadLog = Callable[[str, event_log_pb2.ReadEventsRequest], event_log_pb2.ReadEventsResponse]


def replay_ticker(copies: Copies) -> Ticker:
    """Looks every second whether a replay was asked for, and does it."""
    return Ticker("replay", 1.0, partial(work, copies=copies))


def work(runtime: Runtime, *, copies: Copies) -> None:
    """Do the replay that was asked for, if any, reading the logs over the bus."""
    with runtime.database.reading() as connection:
        if runs.running(connection) is None:
            return
    kit = runtime.kit
    with BusClient(BrokerSettings.read().amqp_uri, kit.namespace, users=kit.bus_users) as bus:

        def read(
            owner: str, request: event_log_pb2.ReadEventsRequest
        ) -> event_log_pb2.ReadEventsResponse:
            reply = event_log_pb2.ReadEventsResponse
            return bus.call(
                owner, "ReadEvents", request, reply, principal=_SYSTEM, timeout_s=READ_TIMEOUT_S
            )

        work_with(runtime, copies, read)


def work_with(runtime: Runtime, copies: Copies, read: ReadLog) -> None:
    """Do the replay that was asked for, if any. Returns when it has ended, or when the running tables have got
    further than the logs could be read: the next call goes on."""
    with runtime.database.transaction() as connection:
        run = runs.running(connection)
        if run is None:
            return
        if not beside.is_begun(connection, copies):
            beside.begin(connection, copies)
            runs.begin_again(connection, run.replay_no)
        progress = runs.owners_of(connection, run.replay_no)
    owners = [
        _Following(runtime, copies, run.replay_no, row.owner, (row.xid, row.position))
        for row in progress
    ]
    try:
        whole = [each.to_the_end(read) for each in owners]
        if run.purpose == pb.REPLAY_PURPOSE_VERIFY:
            unlogged = _unlogged(runtime, copies, owners, read) if all(whole) else None
            if unlogged is not None:
                _compare(runtime, copies, run.replay_no, unlogged=unlogged)
        elif not _switch(runtime, copies, run.replay_no):
            _follow_once_more(runtime, copies, owners, read)
    except _NeverComplete as error:
        _give_up(runtime, copies, run.replay_no, failure=str(error))


class _NeverComplete(Exception):
    """An owner's log lacks an event, or has one that cannot be applied; says which."""


@dataclass
class _Following:
    """One owner's log on its way into the new tables."""

    runtime: Runtime
    copies: Copies
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
                whole = batch.next.position >= batch.last_position
                if whole and self.held:
                    subject, version = min(self.held)
                    raise _NeverComplete(f"{self.owner} {subject} {version}")
                return whole

    def _apply(self, batch: event_log_pb2.ReadEventsResponse) -> None:
        events = [event_of(each, source=self.owner) for each in batch.events]
        with beside.beside(self.runtime.database) as connection:
            for event in events:
                self._take(connection, event)
            self._take_held(connection)
            self.cursor = (batch.next.xid, batch.next.position)
            if not self.held:
                runs.put_progress(
                    connection,
                    self.replay_no,
                    self.owner,
                    cursor=self.cursor,
                    last_position=batch.last_position,
                    events=len(events),
                )

    def _take_held(self, connection: Connection) -> None:
        """Apply those that waited for another employer's event."""
        before = -1
        while self.held and len(self.held) != before:
            before = len(self.held)
            for key in sorted(self.held):
                event = self.held.pop(key, None)
                if event is not None:
                    self._take(connection, event)

    def _take(self, connection: Connection, event: Event) -> None:
        """Apply an event and those that waited for it, or hold it."""
        following: Event | None = event
        while following is not None:
            try:
                self._apply_one(connection, following)
            except TooEarly:
                self.held[following.subject, following.version] = following
                return
            except SAME_AGAIN as error:
                what = account_of(error).partition("\n")[0]
                place = f"{self.owner} {following.subject} {following.version}"
                raise _NeverComplete(f"{place} {following.type} {what}") from error
            following = self.held.pop((following.subject, following.version + 1), None)

    def _apply_one(self, connection: Connection, event: Event) -> None:
        known = event.type in {
            str(each.DESCRIPTOR.full_name) for each in self.copies.owners[self.owner]
        }
        message: Message | None = event.message() if known else None
        self.copies.apply(_call(self.runtime, connection, event), message)


def _call(runtime: Runtime, connection: Connection, event: Event | None = None) -> Call:
    context = CallContext(_SYSTEM, event.correlation_id if event else new_id())
    return Call(runtime, connection, context, runtime.clock.now(), event=event)


def _follow_once_more(
    runtime: Runtime, copies: Copies, owners: list[_Following], read: ReadLog
) -> None:
    """The running tables have got further: by news, which the logs have by now, or by what no log has."""
    if unlogged := _unlogged(runtime, copies, owners, read):
        raise _NeverComplete(unlogged)


def _unlogged(
    runtime: Runtime, copies: Copies, owners: list[_Following], read: ReadLog
) -> str | None:
    """The first event that the running tables know and no log has, as after an owner was restored alone; nothing when
    there is none, None while the logs cannot be read to their ends."""
    with runtime.database.reading() as connection:
        known = beside.ahead(connection, copies)
    whole = [each.to_the_end(read) for each in owners]
    with runtime.database.reading() as connection:
        left = beside.ahead(connection, copies)
    if not all(whole):
        return None
    for (owner, employer_no), version in sorted(known.items()):
        if left.get((owner, employer_no)) == version:
            return f"{owner} {employer_no} {version}"
    return ""


def _switch(runtime: Runtime, copies: Copies, replay_no: int) -> bool:
    """Whether the new tables are the running ones now; not while those have got further."""
    with runtime.database.transaction() as connection:
        call = _call(runtime, connection)
        if not beside.switch(call, copies):
            log.info("replay %d follows once more before it switches", replay_no)
            return False
        runs.end(connection, replay_no, state=pb.REPLAY_STATE_SWITCHED, now=call.now)
    log.info("replay %d switched", replay_no)
    return True


def _compare(runtime: Runtime, copies: Copies, replay_no: int, *, unlogged: str) -> None:
    now = runtime.clock.now()
    with runtime.database.reading() as snapshot:
        found, compared, skipped = beside.differences(snapshot, copies)
    with runtime.database.transaction() as connection:
        runs.put_comparison(connection, replay_no, found, compared=compared, skipped=skipped)
        runs.end(connection, replay_no, state=pb.REPLAY_STATE_VERIFIED, now=now, failure=unlogged)
        beside.empty(connection)
    log.info("replay %d verified differing_tables=%d", replay_no, len(found))
    if unlogged:
        log.error("replay %d: no log has %s", replay_no, unlogged)


def _give_up(runtime: Runtime, copies: Copies, replay_no: int, *, failure: str) -> None:
    """End a replay that cannot be completed; what runs stays as it is."""
    now = runtime.clock.now()
    with runtime.database.transaction() as connection:
        runs.end(connection, replay_no, state=pb.REPLAY_STATE_FAILED, now=now, failure=failure)
        beside.empty(connection)
    log.error("replay %d ends incomplete at %s", replay_no, failure)
