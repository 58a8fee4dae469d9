"""How a reply waits for its business to end."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from hpf.common.v1 import business_pb2
from hpf.common.v1.business_pb2 import Business, BusinessFinished, ConsistencyToken

from services.edge import outcomes
from services.edge.outcomes import Outcomes
from services.kit.events import Event

POSTED = business_pb2.BUSINESS_STATE_POSTED
PENDING = business_pb2.BUSINESS_STATE_PENDING


def finished(business: Business) -> Event:
    return Event(
        event_id="1",
        type="hpf.common.v1.BusinessFinished",
        source="deposit",
        subject="1000000000017",
        version=1,
        occurred_at=datetime.now(UTC),
        correlation_id="",
        causation_id="",
        traceparent="",
        body=BusinessFinished(business=business).SerializeToString(),
    )


def business(number: str, state: int, **versions: int) -> Business:
    made = Business(registration_no=number, state=state)
    made.consistency.extend(
        ConsistencyToken(owner=owner, employer_no="e", version=version)
        for owner, version in versions.items()
    )
    return made


async def never() -> Business | None:
    return None


async def test_waiting_reply_gets_the_outcome() -> None:
    known = Outcomes()
    waiting = asyncio.create_task(known.wait(business("1", PENDING), timeout_s=5, ask=never))
    await asyncio.sleep(0)
    known.hear(finished(business("2", POSTED)))
    known.hear(finished(business("1", POSTED)))
    assert (await waiting).state == POSTED


async def test_outcome_that_overtook_its_reply_is_remembered() -> None:
    known = Outcomes()
    known.hear(finished(business("1", POSTED)))
    ended = await known.wait(business("1", PENDING), timeout_s=5, ask=never)
    assert ended.state == POSTED


async def test_everybody_who_waits_for_a_business_is_told() -> None:
    known = Outcomes()
    pending = business("1", PENDING)
    waiting = [asyncio.create_task(known.wait(pending, timeout_s=5, ask=never)) for _ in range(3)]
    await asyncio.sleep(0)
    known.hear(finished(business("1", POSTED)))
    assert [each.state for each in await asyncio.gather(*waiting)] == [POSTED] * 3


async def test_owner_is_asked_when_the_event_was_missed() -> None:
    async def ask() -> Business | None:
        return business("1", POSTED)

    ended = await Outcomes().wait(business("1", PENDING), timeout_s=5, ask=ask)
    assert ended.state == POSTED


async def test_pending_business_comes_back_when_time_is_up() -> None:
    async def ask() -> Business | None:
        return business("1", PENDING)

    ended = await Outcomes().wait(business("1", PENDING), timeout_s=0.7, ask=ask)
    assert ended.state == PENDING


async def test_newest_versions_of_reply_and_outcome_are_kept() -> None:
    known = Outcomes()
    known.hear(finished(business("1", POSTED, deposit=7, collection=3)))
    pending = business("1", PENDING, deposit=5, receipt=1)
    ended = await known.wait(pending, timeout_s=5, ask=never)
    versions = {token.owner: token.version for token in ended.consistency}
    assert versions == {"deposit": 7, "collection": 3, "receipt": 1}


async def test_remembered_outcomes_are_bounded() -> None:
    known = Outcomes()
    for number in range(outcomes.REMEMBERED_MAX + 1):
        known.hear(finished(business(str(number), POSTED)))
    first = await known.wait(business("0", PENDING), timeout_s=0, ask=never)
    last = str(outcomes.REMEMBERED_MAX)
    assert first.state == PENDING
    assert (await known.wait(business(last, PENDING), timeout_s=0, ask=never)).state == POSTED


async def test_event_that_cannot_be_read_is_passed_over() -> None:
    broken = finished(business("1", POSTED))
    known = Outcomes()
    known.hear(type(broken)(**{**_fields(broken), "body": b"\x0a\xff"}))
    ended = await known.wait(business("1", PENDING), timeout_s=0, ask=never)
    assert ended.state == PENDING


def _fields(event: Event) -> dict[str, object]:
    return {name: getattr(event, name) for name in event.__dataclass_fields__}


def test_what_waits_for_a_persons_approval_is_not_waited_for() -> None:
    states = business_pb2.BusinessState.items()
    assert {name for name, state in states if outcomes.is_final(Business(state=state))} == {
        "BUSINESS_STATE_POSTED",
        "BUSINESS_STATE_REJECTED",
        "BUSINESS_STATE_WAITING_APPROVAL",
    }
