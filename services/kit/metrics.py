"""What Prometheus is told of services and workers. No label names a person or an employer.

What each figure means to whoever is on call stands in docs/runbook.md, the alarms in deploy/prometheus/rules.yaml.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    multiprocess,
    start_http_server,
)

#: From a read of one row to the longest deadline.
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
#: From a receipt of one row to an export of everybody.
_JOB_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
#: Where processes that are one to Prometheus put their figures together; prometheus_client reads it when it is loaded.
_SHARED = "PROMETHEUS_MULTIPROC_DIR"

CALLS = Counter("hpf_calls", "Calls answered", ("service", "method", "code"))
CALL_SECONDS = Histogram(
    "hpf_call_seconds", "Time to answer", ("service", "method"), buckets=_SECONDS
)
EVENTS = Counter("hpf_events", "Events taken in", ("service", "source", "outcome"))
FORGED = Counter(
    "hpf_forged_messages",
    "Messages refused because their sender may not send them",
    ("service", "message"),
)
PUBLISHED = Counter("hpf_events_published", "Events the broker has confirmed", ("service",))
JOBS = Counter(
    "hpf_jobs", "Attempts at slow work, by what became of them", ("service", "kind", "outcome")
)
JOB_SECONDS = Histogram(
    "hpf_job_seconds", "Time of a job that was done", ("service", "kind"), buckets=_JOB_SECONDS
)
TICKER_FAILURES = Counter("hpf_ticker_failures", "Rounds that failed", ("service", "ticker"))
STORE_REACHABLE = Gauge("hpf_store_reachable", "1 while the store answers", ("service",))
WAITING = Gauge("hpf_waiting", "What waits to be gone on with", ("service", "what"))
WAITING_SECONDS = Gauge(
    "hpf_waiting_seconds", "How long the oldest of it has waited", ("service", "what")
)


def serve(port: int) -> None:
    """Answer Prometheus on that port."""
    start_http_server(port)


@contextmanager
def serve_for_children(port: int) -> Iterator[None]:
    """Answer with what the processes that are started meanwhile count together."""
    with TemporaryDirectory(prefix="hpf-metrics-") as folder:
        os.environ[_SHARED] = folder
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry, path=folder)
        server, _ = start_http_server(port, registry=registry)
        try:
            yield
        finally:
            server.shutdown()
            del os.environ[_SHARED]
