"""After any scenario the read tables rebuilt from the owners' logs equal those that followed it, row for row.

A city without query is followed afterwards: its events are told to query's own subscriptions in the order in which they
were delivered. Then a check (`hpf admin readmodel verify`) makes the tables anew from what the owners' logs hold of the
scenario's employers.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from google.protobuf.timestamp_pb2 import Timestamp
from hpf.common.v1 import event_log_pb2
from hpf.query.v1 import query_service_pb2 as pb
from sqlalchemy import text

from services.kit.app import CallContext, Runtime
from services.kit.calls import execute, handle_event
from services.kit.events import Event
from services.kit.ids import new_id
from services.kit.replays import following
from services.query.events import OWNERS
from services.query.replay import COPIES
from tests.system.city import STAFF, City

_LOOKS_MAX = 100


def story_of(city: City) -> list[Event]:
    """What a scenario told of employers, to its end; nobody dies any more."""
    city.faults.dies_before_commit = city.faults.dies_after_commit = 0.0
    city.settle()
    return [event for event in city.delivered if event.source in OWNERS and event.subject]


def check_read_side(city: City, story: list[Event], query_url: Callable[[], str]) -> None:
    """Follow a story, or what query itself has followed, and compare with the logs."""
    story = _of_whole_employers(story)
    if not story:
        return
    hosted = city.runtimes.get("query")
    query = hosted or city.runtime_of("query", query_url())
    try:
        if hosted is None:
            _follow(query, story)
        found = _compared(city, query, {event.subject for event in story})
    finally:
        if hosted is None:
            query.database.close()
    assert list(found.differences) == []
    # A scenario that hosts query may have told it what no log holds.
    assert found.employers_compared >= (
        len({each.subject for each in story}) if hosted is None else 1
    )


def _of_whole_employers(told: list[Event]) -> list[Event]:
    """Those about employers whose whole story this is; others are left over from other tests."""
    first: dict[tuple[str, str], int] = {}
    for event in told:
        first.setdefault((event.source, event.subject), event.version)
    strangers = {subject for (_, subject), version in first.items() if version != 1}
    return [event for event in told if event.subject not in strangers]


def _follow(query: Runtime, events: list[Event]) -> None:
    by_source = {each.source: each for each in query.app.subscriptions}
    for event in events:
        handle_event(query, by_source[event.source], event)


def _compared(city: City, query: Runtime, employers: set[str]) -> pb.Replay:
    started = _ask(
        query, pb.StartReplayRequest(request_id=new_id(), purpose=pb.REPLAY_PURPOSE_VERIFY)
    )
    for _ in range(_LOOKS_MAX):
        following.work_with(query, COPIES, lambda owner, _request: _log(city, owner, employers))
        found = pb.GetReadModelResponse.FromString(_ask(query, pb.GetReadModelRequest())).replay
        if found.state != pb.REPLAY_STATE_RUNNING:
            break
        time.sleep(0.05)
    assert started
    assert found.state == pb.REPLAY_STATE_VERIFIED
    return found


def _ask(query: Runtime, request: pb.StartReplayRequest | pb.GetReadModelRequest) -> bytes:
    method = type(request).__name__.removesuffix("Request")
    reply = execute(query, method, request.SerializeToString(), CallContext(STAFF, new_id()))
    assert reply.code == 0, reply.body
    return reply.body


def _log(city: City, owner: str, employers: set[str]) -> event_log_pb2.ReadEventsResponse:
    """All that an owner's log holds of these employers, as one page and the last."""
    page = event_log_pb2.ReadEventsResponse(at_end=True)
    if owner not in city.runtimes:
        return page
    with city.runtimes[owner].database.reading() as connection:
        rows = connection.execute(
            text(
                "SELECT position, event_id, type, subject, version, occurred_at, body FROM outbox"
                " WHERE subject = ANY(:employers) ORDER BY xid, position"
            ),
            {"employers": sorted(employers)},
        )
        for row in rows:
            occurred_at = Timestamp()
            occurred_at.FromDatetime(row.occurred_at)
            page.events.add(
                event_id=row.event_id,
                type=row.type,
                subject=row.subject,
                version=row.version,
                occurred_at=occurred_at,
                body=bytes(row.body),
            )
            page.next.position = page.last_position = max(page.last_position, row.position)
    return page
