"""What Prometheus is told of the edge: calls by method and code, their seconds, whether the bus is there."""

from __future__ import annotations

from google.rpc import code_pb2
from prometheus_client import Counter, Gauge, Histogram

#: From a read of one row to the longest deadline.
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

CALLS = Counter("hpf_edge_calls", "Calls answered", ("method", "code"))
SECONDS = Histogram("hpf_edge_call_seconds", "Time to answer", ("method",), buckets=_SECONDS)
FORGED = Counter(
    "hpf_edge_forged_messages", "Messages dropped because another sent them", ("message",)
)
BUS_CONNECTED = Gauge("hpf_edge_bus_connected", "1 while the bus connection is up")


def note_call(method: str, *, code: int, seconds: float) -> None:
    """One call has been answered with this gRPC code."""
    CALLS.labels(method, code_pb2.Code.Name(code)).inc()
    SECONDS.labels(method).observe(seconds)
