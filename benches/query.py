"""What a query costs through edge, bus and service, next to an echo over the same way plus the same SQL run bare.

The echo's answer is as long as the query's and its service does nothing for it: what is left between the two is what
our code adds to carrying bytes and running SQL. The SQL is what the service sends for this very request, in one
transaction of psycopg2 alone. BENCH_ACCOUNTS and BENCH_LINES make a smaller city than 300,000 accounts with 10,000,000
ledger lines.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from typing import Any

import grpc
import psycopg2
from google.protobuf.message import Message
from hpf.query.v1 import query_service_pb2 as pb
from sqlalchemy import event as alchemy

from benches._hall import ECHO, EMPLOYER_NO, Hall, echo_of, hall
from benches._query_city import ACCOUNT_NO, Size, fill
from benches.harness import Result, Stage, in_turns
from services.kit.app import CallContext, Principal, Runtime
from services.kit.blobs import Blobs
from services.kit.calls import execute
from services.kit.db import Database
from services.kit.settings import KitSettings
from services.kit.vault import Vault
from services.query.service import APP
from services.query.settings import QuerySettings

CALLS_PER_ROUND = 150
_SERVICE = "/hpf.query.v1.QueryService/"
_TIMEOUT_S = 30.0

_GOAL = "ours ≤ 1.3 × (echo + SQL)"

_PAGE = pb.ListPeopleRequest(page_size=50)
_YEAR = pb.ListLedgerRequest(
    account_no=ACCOUNT_NO, from_date="2018-07-01", to_date="2019-06-30", page_size=50
)


def run(stage: Stage) -> list[Result]:
    size = Size(
        int(os.environ.get("BENCH_ACCOUNTS", "300000")),
        int(os.environ.get("BENCH_LINES", "10000000")),
    )
    url = stage.database("query")
    with hall(stage, {"query": url}) as built:
        fill(url, size, vault=Vault.from_file(built.data_keys))
        town = f"{size.accounts:,} accounts, {size.lines:,} lines"
        return [
            _read(f"page of 50 people, {town}", "ListPeople", _PAGE, hall=built, url=url),
            _read(f"a year's ledger, {town}", "ListLedger", _YEAR, hall=built, url=url),
        ]


def _read(name: str, method: str, request: Message, *, hall: Hall, url: str) -> Result:
    statements, answer_bytes = _answered(method, request, url=url, hall=hall)
    body, echoed = request.SerializeToString(), echo_of(answer_bytes)
    dsn = url.replace("postgresql+psycopg2://", "postgresql://")
    with grpc.insecure_channel(hall.edge) as channel, psycopg2.connect(dsn) as bare:
        query, echo = (channel.unary_unary(path) for path in (_SERVICE + method, ECHO))

        def ours() -> None:
            query(body, metadata=hall.metadata, timeout=_TIMEOUT_S)

        def carried() -> None:
            echo(echoed, metadata=hall.metadata, timeout=_TIMEOUT_S)

        def sql() -> None:
            with bare.cursor() as cursor:
                for statement, parameters in statements:
                    cursor.execute(statement, parameters)
                    cursor.fetchall()
            bare.commit()

        for work in (ours, carried, sql):
            _median_ms(work)  # warm
        mine, least = in_turns(
            lambda: _median_ms(ours), lambda: _median_ms(carried) + _median_ms(sql)
        )
    return Result.of(name, unit="ms", ours=mine, limit=least, goal=_GOAL)


def _median_ms(work: Callable[[], object]) -> float:
    """Median of calls made one after the other."""
    times_s = []
    for _ in range(CALLS_PER_ROUND):
        begun = time.perf_counter()
        work()
        times_s.append(time.perf_counter() - begun)
    return statistics.median(times_s) * 1000


def _answered(
    method: str, request: Message, *, url: str, hall: Hall
) -> tuple[list[tuple[str, Any]], int]:
    """The statements that the service runs to answer, as they reach the database; how long the answer is."""
    kit = KitSettings(data_keys_file=hall.data_keys, blob_url=hall.folder.as_uri())
    database = Database(url)
    runtime = Runtime(
        APP,
        database,
        Vault.from_file(hall.data_keys),
        Blobs(kit.blob_url),
        kit,
        QuerySettings(database_url=url, consistency_wait_ms=0),
    )
    seen: list[tuple[str, Any]] = []

    @alchemy.listens_for(database.engine, "before_cursor_execute")
    def keep(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        seen.append((statement, parameters))

    by = CallContext(Principal(kind="employer", employer_no=EMPLOYER_NO), "bench")
    reply = execute(runtime, method, request.SerializeToString(), by)
    database.close()
    if reply.code:
        raise RuntimeError(f"{method} was refused")
    return seen, len(reply.body)
