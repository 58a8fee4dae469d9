"""汇缴 of one employer with 10,000 people next to bare SQL that ends with the same rows: the whole saga from 提交 to its
outcome, and of that the one step in which deposit posts it.

The real handlers work in one process, joined as the bus would join them, without its network: what a hop through the
broker costs is measured by `edge` and `query`. In ours is all that a hall does besides: locks, decisions, a transaction for
each step, reading events back to publish them. The bare side writes the rows of both owners' stores, events and copied
balances included, computes nothing and commits once for each store.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from hpf.collection.v1 import collection_events_pb2 as collection
from hpf.common.v1 import business_pb2
from hpf.deposit.v1 import deposit_events_pb2 as events
from hpf.deposit.v1 import deposit_service_pb2 as pb
from sqlalchemy import text

from benches._deposit_city import Size, build, check
from benches._same_rows import SameRows
from benches.harness import ROUNDS, Result, Stage, in_turns, seconds
from services.kit.heap import keep_what_is_there
from services.kit.months import YearMonth
from tests.store.deposit.desk import Desk, agent_of, roster
from tests.system.city import City
from tests.system.people import remit

_FIRST_MONTH = YearMonth(2019, 9)
_GOAL = "≤ 2 × bare SQL, same rows"


def run(stage: Stage) -> list[Result]:
    size = Size.asked()
    urls = {service: stage.database(service) for service in ("collection", "deposit")}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        big = build(urls.__getitem__, folder, size)
        copies = {service: stage.copy(url) for service, url in urls.items()}
        repeated = {name: SameRows(url, copies[name]) for name, url in urls.items()}
        whole = _whole(stage, City(urls.__getitem__, folder), big, list(repeated.values()))
        desk = Desk(urls["deposit"], folder)
        posting = _posting(stage, desk, big, repeated["deposit"])
        for each in repeated.values():
            each.close()
        check(urls["deposit"])
    people = f"{size.big_people:,} people among {size.words}"
    return [
        Result.of(f"remittance of {people}", unit="ms", ours=whole[0], limit=whole[1], goal=_GOAL),
        Result.of("of that, its posting", unit="ms", ours=posting[0], limit=posting[1], goal=_GOAL),
    ]


def _whole(
    stage: Stage, city: City, employer_no: str, repeated: list[SameRows]
) -> tuple[float, float]:
    """From the call to the outcome, every event delivered; the next month in each round."""
    month = _FIRST_MONTH

    def ours() -> float:
        nonlocal month
        city.clock.moment = _twentieth(month)
        to_month, month = month.to_int(), month + 1
        _watch(stage, repeated)
        return seconds(lambda: _remit(city, employer_no, to_month))

    figures = _in_turns(stage, ours, repeated)
    city.close()
    return figures


def _posting(stage: Stage, desk: Desk, employer_no: str, repeated: SameRows) -> tuple[float, float]:
    """Deposit alone: what it does with the roster's answer, in one transaction."""
    people = _people(desk, employer_no)
    month = _FIRST_MONTH + 1 + ROUNDS
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
        _watch(stage, [repeated])
        return seconds(lambda: desk.hear(answer, employer_no=employer_no))

    figures = _in_turns(stage, ours, [repeated])
    if len(desk.events(events.RemittancePosted)) != 2 * (1 + ROUNDS):
        raise RuntimeError("a remittance of the bench was refused")
    desk.close()
    return figures


def _in_turns(
    stage: Stage, ours: Callable[[], float], repeated: list[SameRows]
) -> tuple[float, float]:
    """Medians in milliseconds, after a round to warm both."""

    def bare() -> float:
        writes = [each.prepare() for each in repeated]
        stage.checkpoint()
        return sum(seconds(write) for write in writes)

    in_turns(ours, bare, rounds=1)
    keep_what_is_there()  # as every process of a hall does when it has started
    mine, least = in_turns(ours, bare, rounds=ROUNDS)
    return mine * 1000, least * 1000


def _watch(stage: Stage, repeated: list[SameRows]) -> None:
    for each in repeated:
        each.watch()
    stage.checkpoint()


def _remit(city: City, employer_no: str, to_month: int) -> None:
    if remit(city, employer_no, to_month).state != business_pb2.BUSINESS_STATE_POSTED:
        raise RuntimeError("the remittance of the bench was refused")


def _people(desk: Desk, employer_no: str) -> dict[str, int]:
    """What each of the employer's people pays in a month, in fen: 22 % of the base."""
    query = text("SELECT account_no, base_fen FROM account_fund WHERE employer_no = :employer_no")
    with desk.runtime.database.transaction() as connection:
        rows = connection.execute(query, {"employer_no": employer_no})
        return {row.account_no: row.base_fen * 22 // 100 for row in rows}


def _twentieth(month: YearMonth) -> datetime:
    return datetime(month.year, month.month, 20, 2, tzinfo=UTC)
