"""What the edge, the bus and nameko cost: unary calls through all three next to a bare grpc.aio echo.

Behind the edge answers the echo service of `_hall`, which does for a call what every service does and has nothing to
decide. As many callers as a busy morning has clerks at the same instant.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from dataclasses import dataclass

import grpc

from benches._hall import ECHO, bare_echo, hall
from benches.harness import ROUNDS, Result, Stage

SECONDS_PER_ROUND = 3.0
CALLERS = 32
_TIMEOUT_S = 10.0

#: The edge is worth its place while a call through it and the bus costs at most seven bare ones.
_GOAL = "ours ≥ 0.15 × limit"

_Metadata = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Rate:
    """One round: calls a second, and how long the calls took."""

    calls_per_s: float
    median_ms: float
    p99_ms: float


def run(stage: Stage) -> list[Result]:
    ours, limit = [], []
    with hall(stage) as built, bare_echo() as bare:
        for _ in range(ROUNDS):
            ours.append(asyncio.run(_round(built.edge, built.metadata)))
            limit.append(asyncio.run(_round(bare, built.metadata)))
    return [
        _result("unary call: edge + bus + service", "calls/s", "calls_per_s", ours, limit),
        _result("unary call: median time", "ms", "median_ms", ours, limit),
        _result("unary call: 99th percentile", "ms", "p99_ms", ours, limit),
    ]


def _result(name: str, unit: str, field: str, ours: list[Rate], limit: list[Rate]) -> Result:
    middle, bound = (
        statistics.median(getattr(rate, field) for rate in rates) for rates in (ours, limit)
    )
    goal = _GOAL if field == "calls_per_s" else ""
    return Result.of(name, unit=unit, ours=middle, limit=bound, goal=goal)


async def _round(target: str, metadata: _Metadata) -> Rate:
    times_s: list[float] = []
    async with grpc.aio.insecure_channel(target) as channel:
        call = channel.unary_unary(ECHO)  # bytes in, bytes out
        await call(b"", metadata=metadata, timeout=_TIMEOUT_S)
        started = time.perf_counter()

        async def caller() -> None:
            while time.perf_counter() - started < SECONDS_PER_ROUND:
                at = time.perf_counter()
                await call(b"", metadata=metadata, timeout=_TIMEOUT_S)
                times_s.append(time.perf_counter() - at)

        await asyncio.gather(*(caller() for _ in range(CALLERS)))
        took_s = time.perf_counter() - started
    ordered = sorted(times_s)
    return Rate(
        calls_per_s=len(ordered) / took_s,
        median_ms=ordered[len(ordered) // 2] * 1000,
        p99_ms=ordered[len(ordered) * 99 // 100] * 1000,
    )
