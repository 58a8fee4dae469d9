"""After any scenario what query and receipt keep, rebuilt from the owners' logs, equals what followed it, row for row.

A city without them is followed afterwards: its events are told to their own subscriptions in the order in which they
were delivered. Then a check (`hpf admin readmodel verify`) makes the tables anew from what the owners' logs hold of the
scenario's employers.
"""

from __future__ import annotations

from collections.abc import Callable

from google.protobuf.timestamp_pb2 import Timestamp
from hpf.common.v1 import event_log_pb2, replay_pb2
from sqlalchemy import text

from services.kit.app import Runtime
from services.kit.calls import handle_event
from services.kit.events import Event, TooEarly
from services.query.events import OWNERS
from tests.system.city import City
from tests.system.replaying import QUERY, RECEIPT, VERIFIED, VERIFY, Follower, ended, start


def story_of(city: City) -> list[Event]:
    """What a scenario told of employers, to its end; nobody dies any more."""
    city.faults.dies_before_commit = city.faults.dies_after_commit = 0.0
    city.settle()
    return [event for event in city.delivered if event.source in OWNERS and event.subject]


def check_read_side(
    city: City, story: list[Event], store_of: Callable[[str], str] | None = None
) -> None:
    """Compare with the logs what query and receipt have followed; with `store_of`, have them follow the story now."""
    story = _of_whole_employers(story)
    if not story:
        return
    for follower in (QUERY, RECEIPT):
        if follower.service in city.runtimes:
            found = _compared(city, follower, {event.subject for event in story})
            # A scenario that hosts them may have told them what no log holds.
            assert found.employers_compared >= 1
        elif store_of is not None:
            city.runtimes[follower.service] = city.runtime_of(
                follower.service, store_of(follower.service)
            )
            _follow(city.runtimes[follower.service], story)
            found = _compared(city, follower, {event.subject for event in story})
            assert found.employers_compared >= len({each.subject for each in story})


def _of_whole_employers(told: list[Event]) -> list[Event]:
    """Those about employers whose whole story this is; others are left over from other tests.

    Two cities of one module share their databases, and the clock of either refreshes the other's accounts: an event of
    an employer may be told before the one that opened it.
    """
    versions: dict[tuple[str, str], set[int]] = {}
    for event in told:
        versions.setdefault((event.source, event.subject), set()).add(event.version)
    strangers = {subject for (_, subject), found in versions.items() if len(found) != max(found)}
    return [event for event in told if event.subject not in strangers]


def _follow(follower: Runtime, events: list[Event]) -> None:
    """Tell them in order; one that comes before what it builds on waits for that, as parked events do."""
    by_source = {each.source: each for each in follower.app.subscriptions}
    waiting = events
    while waiting:
        held: list[Event] = []
        for event in waiting:
            is_behind = any(
                (each.source, each.subject) == (event.source, event.subject)
                and each.version <= event.version
                for each in held
            )
            try:
                if is_behind:
                    raise TooEarly
                handle_event(follower, by_source[event.source], event)
            except TooEarly:
                held.append(event)
        assert len(held) < len(waiting), f"nothing tells what {held[0].type} waits for"
        waiting = held


def _compared(city: City, follower: Follower, employers: set[str]) -> replay_pb2.Replay:
    start(city, follower, VERIFY)
    found = ended(city, follower, lambda owner, _request: _log(city, owner, employers))
    assert found.state == VERIFIED
    assert list(found.differences) == []
    return found


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
