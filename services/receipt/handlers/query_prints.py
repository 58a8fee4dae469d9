"""Query asks for a paper (打印, manual 四): it is put to be set by the worker."""

from __future__ import annotations

from datetime import timedelta

from hpf.query.v1 import query_events_pb2

from services.kit import jobs
from services.kit.app import Call, Runtime
from services.receipt.query_prints import QUERY_PRINT

#: Staff may want to see why one failed.
JOBS_KEPT = timedelta(days=7)
# Rows of one transaction.
_BATCH = 1000


def on_query_print_requested(call: Call, asked: query_events_pb2.QueryPrintRequested) -> None:
    """Put the print to be made, once."""
    jobs.enqueue(
        call.connection,
        kind=QUERY_PRINT,
        key=asked.print_key,
        payload=asked.SerializeToString(deterministic=True),
        vault=call.vault,
        now=call.now,
    )


def forget_query_prints(runtime: Runtime) -> None:
    """Remove the jobs of papers that query has long been told of; their files are query's to remove."""
    before = runtime.clock.now() - JOBS_KEPT
    count = _BATCH
    while count == _BATCH:
        with runtime.database.transaction() as connection:
            count = jobs.forget_ended(connection, kind=QUERY_PRINT, before=before, limit=_BATCH)
