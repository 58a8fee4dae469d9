"""The edge asks again for what is on its way, for a moment; for a file until the deadline."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest

from services.edge import asking
from services.edge.bus_client import BusReply
from services.edge.errors import Refused
from services.kit.app import CallContext, Principal
from services.kit.errors import (
    NOT_READY_YET,
    READ_MODEL_BEHIND,
    SERVICE_UNAVAILABLE,
    DomainError,
    Kind,
    Reason,
    reason_of,
)

THERE = BusReply(0, b"there", "")
NOT_HERE = Reason("NOT_HERE", Kind.NOT_FOUND, "not here", "没有", retry_after_ms=500)
NOWHERE = Reason("NOWHERE", Kind.NOT_FOUND, "nowhere", "没有")


def call(*, seconds: float = 30.0) -> CallContext:
    deadline = datetime.now(UTC) + timedelta(seconds=seconds)
    return CallContext(Principal(), "ref", deadline=deadline)


class Owner:
    """Refuses with a reason so many times, then answers."""

    def __init__(self, reason: Reason, times: int) -> None:
        self.reason = reason
        self.times = times
        self.asked = 0

    async def __call__(self) -> BusReply:
        self.asked += 1
        if self.asked <= self.times:
            raise Refused(DomainError(self.reason).to_status())
        return THERE


def outcome(ask: Callable[[], Awaitable[BusReply]], **options: bool) -> BusReply:
    return asyncio.run(asking.until_there(ask, call(), **options))


@pytest.mark.parametrize("reason", [READ_MODEL_BEHIND, NOT_HERE])
def test_what_may_be_on_its_way_is_asked_for_again(reason: Reason) -> None:
    owner = Owner(reason, times=3)
    assert outcome(owner) == THERE
    assert owner.asked == 4


@pytest.mark.parametrize("reason", [NOWHERE, SERVICE_UNAVAILABLE, NOT_READY_YET])
def test_other_refusals_stand_at_once(reason: Reason) -> None:
    owner = Owner(reason, times=1)
    with pytest.raises(Refused) as refused:
        outcome(owner)
    assert (reason_of(refused.value.status), owner.asked) == (reason.code, 1)


def test_file_is_waited_for_where_files_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "_FILE_PAUSE_S", 0.01)
    owner = Owner(NOT_READY_YET, times=5)
    assert outcome(owner, files_too=True) == THERE


def test_what_never_comes_is_refused_when_the_wait_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "ARRIVES_WITHIN_S", 0.2)
    owner = Owner(NOT_HERE, times=1000)
    with pytest.raises(Refused) as refused:
        outcome(owner)
    assert reason_of(refused.value.status) == "NOT_HERE"
    assert 1 < owner.asked < 10


def test_nothing_is_waited_for_beyond_the_deadline() -> None:
    owner = Owner(NOT_READY_YET, times=1000)
    with pytest.raises(Refused):
        asyncio.run(asking.until_there(owner, call(seconds=0.1), files_too=True))
    assert owner.asked == 1
