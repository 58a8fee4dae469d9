"""Query asks for a paper (打印, manual 四): it is put to be set by the worker."""

from __future__ import annotations

from hpf.query.v1 import query_events_pb2

from services.kit import jobs
from services.kit.app import Call
from services.receipt.query_prints import QUERY_PRINT


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
