"""汇缴 of one employer with 10,000 people next to bare SQL that ends with the same rows: the whole saga from 提交 to its
outcome, and of that the one step in which deposit posts it.

The real handlers work in one process, joined as the bus would join them, without its network: what a hop through the
broker costs is measured by `edge` and `query`. In ours is all that a hall does besides: locks, decisions, a transaction for
each step, reading events back to publish them. The bare side writes the rows of both owners' stores, events and copied
balances included, computes nothing and commits once for each store: once by COPY, once by INSERTs of a thousand rows.
"""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from hpf.collection.v1 import collection_events_pb2 as collection
from hpf.deposit.v1 import deposit_events_pb2 as events
from hpf.deposit.v1 import deposit_service_pb2 as pb
from sqlalchemy import text

from benches._deposit_city import Size, build, check
from benches._same_rows import By, SameRows
from benches.harness import Result, Stage, seconds
from services.kit.heap import keep_what_is_there
from services.kit.months import YearMonth
from tests.store.deposit.desk import Desk, agent_of, roster
from tests.system.city import City

_FIRST_MONTH = YearMonth(2019, 9)
#: More than other benches have: what is written in a third of a second takes now a quarter, now half of one.
_ROUNDS = 15
_GOAL = "≤ 2 × bare SQL, same rows"


def run(stage: Stage) -> list[Result]:
    size = Size.asked()
    urls = {service: stage.database(service) for service in ("collection", "deposit")}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        big = build(urls.__getitem__, folder, size)
        # Nobody may be connected to what is copied.
        copies = {by: {name: stage.copy(url) for name, url in urls.items()} for by in By}
        repeated = {
            by: {name: SameRows(urls[name], url, by) for name, url in copies[by].items()}
            for by in By
        }
        whole = _whole(
            stage,
            City(urls.__getitem__, folder),
            big,
            {by: [*each.values()] for by, each in repeated.items()},
        )
        desk = Desk(urls["deposit"], folder)
        posting = _posting(
            stage, desk, big, {by: [each["deposit"]] for by, each in repeated.items()}
        )
        for each in repeated.values():
            for one in each.values():
                one.close()
        check(urls["deposit"])
    people = f"{size.big_people:,} people among {size.words}"
    return [
        Result.of(
            f"{what}, beside {by.value}",
            unit="ms",
            ours=took.ours_ms,
            limit=limit_ms,
            goal=_GOAL,
        )
        for what, took in ((f"remittance of {people}", whole), ("of that, its posting", posting))
        for by, limit_ms in took.bare_ms.items()
    ]


@dataclass(frozen=True)
class _Took:
    """Medians of both sides."""

    ours_ms: float
    bare_ms: dict[By, float]


def _whole(stage: Stage, city: City, employer_no: str, repeated: dict[By, list[SameRows]]) -> _Took:
    """From the call to the outcome, every event delivered; the next month in each round."""
    month = _FIRST_MONTH

    def ours() -> float:
        nonlocal month
        city.clock.moment = _twentieth(month)
        to_month, month = month.to_int(), month + 1
        _watch(stage, repeated)
        asked = pb.SubmitRemittanceRequest(to_month=to_month)
        took_s = seconds(lambda: _remit(city, employer_no, asked))
        last = city.last_event(events.RemittancePosted, employer_no)
        if last.to_month != to_month:
            raise RuntimeError("the remittance of the bench was refused")
        return took_s

    took = _in_turns(stage, ours, repeated)
    city.close()
    return took


def _posting(
    stage: Stage, desk: Desk, employer_no: str, repeated: dict[By, list[SameRows]]
) -> _Took:
    """Deposit alone: what it does with the roster's answer, in one transaction."""
    people = _people(desk, employer_no)
    month = _FIRST_MONTH + 1 + _ROUNDS
    posted = ""

    def ours() -> float:
        nonlocal month, posted
        if posted:
            released = collection.RosterReleased(registration_no=posted, posted=True)
            desk.hear(released, employer_no=employer_no)
        desk.clock.moment = _twentieth(month)
        request = pb.SubmitRemittanceRequest(to_month=month.to_int())
        reply = desk.call(request, pb.SubmitRemittanceResponse, by=agent_of(employer_no))
        posted = reply.business.registration_no
        answer = roster(posted, month.to_int(), **people)
        month += 1
        _watch(stage, repeated)
        return seconds(lambda: desk.hear(answer, employer_no=employer_no))

    took = _in_turns(stage, ours, repeated)
    if len(desk.events(events.RemittancePosted)) != 2 * (1 + _ROUNDS):
        raise RuntimeError("a remittance of the bench was refused")
    desk.close()
    return took


def _in_turns(stage: Stage, ours: Callable[[], float], repeated: dict[By, list[SameRows]]) -> _Took:
    """One after the other in each round, after a round to warm all of them."""
    mine: list[float] = []
    bare: dict[By, list[float]] = {by: [] for by in repeated}
    for turn in range(1 + _ROUNDS):
        mine.append(ours())
        for by, stores in repeated.items():
            writes = [each.prepare() for each in stores]
            stage.checkpoint()
            bare[by].append(sum(seconds(write) for write in writes))
        if turn == 0:
            keep_what_is_there()  # as every process of a hall does when it has started
    return _Took(_median_ms(mine), {by: _median_ms(taken) for by, taken in bare.items()})


def _median_ms(taken_s: list[float]) -> float:
    """Without the round that warmed."""
    return statistics.median(taken_s[1:]) * 1000


def _watch(stage: Stage, repeated: dict[By, list[SameRows]]) -> None:
    for stores in repeated.values():
        for each in stores:
            each.watch()
    stage.checkpoint()


def _remit(city: City, employer_no: str, asked: pb.SubmitRemittanceRequest) -> None:
    """The call, and everything that follows it."""
    city.call("deposit", asked, pb.SubmitRemittanceResponse, by=agent_of(employer_no))
    city.settle()


def _people(desk: Desk, employer_no: str) -> dict[str, int]:
    """What each of the employer's people pays in a month, in fen: 22 % of the base."""
    query = text("SELECT account_no, base_fen FROM account_fund WHERE employer_no = :employer_no")
    with desk.runtime.database.transaction() as connection:
        rows = connection.execute(query, {"employer_no": employer_no})
        return {row.account_no: row.base_fen * 22 // 100 for row in rows}


def _twentieth(month: YearMonth) -> datetime:
    return datetime(month.year, month.month, 20, 2, tzinfo=UTC)
