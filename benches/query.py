"""What a query costs through edge, bus and service, next to an echo over the same way plus the same SQL run bare.

The echo's answer is as long as the query's and its service does nothing for it: what is left between the two is what
our code adds to carrying bytes and running SQL. The SQL is what the service sends for this very request, by
psycopg2 alone. BENCH_ACCOUNTS and BENCH_LINES make a smaller city than 300,000 accounts with 10,000,000
ledger lines.
"""

from __future__ import annotations

import os
import statistics
from collections.abc import Callable
from typing import Any

import grpc
import psycopg2
from google.protobuf.message import Message
from hpf.query.v1 import query_service_pb2 as pb
from sqlalchemy import Engine
from sqlalchemy import event as alchemy

from benches._hall import ECHO, EMPLOYER_NO, Hall, echo_of, hall
from benches._query_city import ACCOUNT_NO, Size, fill
from benches.harness import Result, Stage, seconds
from services.kit.app import CallContext, Principal, Runtime
from services.kit.blobs import Blobs
from services.kit.calls import execute
from services.kit.data_keys import read_vault
from services.kit.db import Database
from services.kit.settings import KitSettings
from services.query.service import APP
from services.query.settings import QuerySettings

CALLS = 1000
WARM_CALLS = 100
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
        fill(url, size, vault=read_vault(KitSettings(data_keys_file=built.data_keys)))
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

        bare.autocommit = len(statements) == 1

        def sql() -> None:
            with bare.cursor() as cursor:
                for statement, parameters in statements:
                    cursor.execute(statement, parameters)
                    cursor.fetchall()
            bare.commit()

        mine, echoed_ms, sql_ms = _medians_ms(ours, carried, sql)
    return Result.of(name, unit="ms", ours=mine, limit=echoed_ms + sql_ms, goal=_GOAL)


def _medians_ms(*works: Callable[[], object]) -> list[float]:
    """The median of each, called in turns, so that whatever else the machine does slows all of them alike."""
    times_s: list[list[float]] = [[] for _ in works]
    for turn in range(WARM_CALLS + CALLS):
        for work, taken in zip(works, times_s, strict=True):
            took = seconds(work)
            if turn >= WARM_CALLS:
                taken.append(took)
    return [statistics.median(taken) * 1000 for taken in times_s]


def _answered(
    method: str, request: Message, *, url: str, hall: Hall
) -> tuple[list[tuple[str, Any]], int]:
    """The statements that the service runs to answer, as they reach the database; how long the answer is."""
    kit = KitSettings(data_keys_file=hall.data_keys, blob_url=hall.folder.as_uri())
    database, vault = Database(url), read_vault(kit)
    runtime = Runtime(
        APP,
        database,
        vault,
        Blobs(kit.blob_url, vault),
        kit,
        QuerySettings(database_url=url),
    )
    seen: list[tuple[str, Any]] = []

    @alchemy.listens_for(Engine, "before_cursor_execute")
    def keep(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        seen.append((statement, parameters))

    by = CallContext(Principal(kind="employer", employer_no=EMPLOYER_NO), "bench")
    reply = execute(runtime, method, request.SerializeToString(), by)
    alchemy.remove(Engine, "before_cursor_execute", keep)
    database.close()
    if reply.code:
        raise RuntimeError(f"{method} was refused")
    return seen, len(reply.body)
