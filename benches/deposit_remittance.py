"""汇缴 of one employer with 10,000 people, the whole saga from 提交 to its outcome, next to bare SQL that ends with the
same rows.

Both owners' real handlers work in one process, joined as the bus would join them, without its network: what a hop
through the broker costs is measured by `edge` and `query`. The bare side writes the rows of both stores, events
included, in one transaction for each store, and computes nothing.
"""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path

from hpf.common.v1 import business_pb2

from benches._deposit_city import Size, build, check
from benches._same_rows import SameRows
from benches.harness import ROUNDS, Result, Stage, in_turns, seconds
from services.kit.months import YearMonth
from tests.system.city import City
from tests.system.people import remit

_FIRST_MONTH = YearMonth(2019, 9)


def run(stage: Stage) -> list[Result]:
    size = Size.asked()
    urls = {service: stage.database(service) for service in ("collection", "deposit")}
    with tempfile.TemporaryDirectory() as folder:
        big = build(urls.__getitem__, Path(folder), size)
        repeated = [SameRows(url, stage.copy(url)) for url in urls.values()]
        city = City(urls.__getitem__, Path(folder))
        month = _FIRST_MONTH

        def ours() -> float:
            nonlocal month
            city.clock.moment = datetime(month.year, month.month, 20, 2, tzinfo=UTC)
            for each in repeated:
                each.watch()
            stage.checkpoint()
            taken_s = seconds(lambda: _remit(city, big, month))
            month += 1
            return taken_s * 1000

        def bare() -> float:
            writes = [each.prepare() for each in repeated]
            stage.checkpoint()
            return sum(seconds(write) for write in writes) * 1000

        in_turns(ours, bare, rounds=1)  # warm
        mine, least = in_turns(ours, bare, rounds=ROUNDS)
        for each in repeated:
            each.close()
        city.close()
        check(urls["deposit"])
    name = f"remittance of {size.big_people:,} people among {size.words}"
    return [Result.of(name, unit="ms", ours=mine, limit=least, goal="≤ 2 × bare SQL, same rows")]


def _remit(city: City, employer_no: str, month: YearMonth) -> None:
    business = remit(city, employer_no, month.to_int())
    if business.state != business_pb2.BUSINESS_STATE_POSTED:
        raise RuntimeError("the remittance of the bench was refused")
