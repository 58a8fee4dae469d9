"""What auth is told of tokens that are used after their session ended."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from hpf.auth.v1.auth_service_pb2 import NoteRefusedTokenRequest

from services.edge.bus_client import BusReply
from services.edge.refused_tokens import RefusedTokens
from services.kit.app import CallContext
from services.kit.clock import FixedClock
from services.kit.errors import SERVICE_UNAVAILABLE, DomainError

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


class Bus:
    """Stands for the way to auth, which can be out of reach."""

    def __init__(self, *, is_away: bool = False) -> None:
        self.is_away = is_away
        self.told: list[tuple[str, str]] = []

    async def call(
        self, service: str, method: str, *, body: bytes, context: CallContext
    ) -> BusReply:
        assert (service, method) == ("auth", "NoteRefusedToken")
        if self.is_away:
            raise DomainError(SERVICE_UNAVAILABLE)
        request = NoteRefusedTokenRequest.FromString(body)
        self.told.append((request.session_id, context.principal.address))
        return BusReply(0, b"", "")


async def test_a_refused_token_is_told_once_a_minute_for_each_address() -> None:
    bus, clock = Bus(), FixedClock(NOW)
    refused = RefusedTokens(bus, clock)  # type: ignore[arg-type]  # only `call` is used

    for address in ("192.0.2.1", "192.0.2.1", "192.0.2.2"):
        refused.note("s-1", address)
    clock.moment += timedelta(seconds=60)
    refused.note("s-1", "192.0.2.1")
    await asyncio.sleep(0.01)

    assert bus.told == [("s-1", "192.0.2.1"), ("s-1", "192.0.2.2"), ("s-1", "192.0.2.1")]


async def test_an_absent_auth_is_nobodys_trouble() -> None:
    refused = RefusedTokens(Bus(is_away=True), FixedClock(NOW))  # type: ignore[arg-type]  # only `call`
    refused.note("s-1", "192.0.2.1")
    await asyncio.sleep(0.01)
