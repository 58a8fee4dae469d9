"""What Prometheus is told of a service: calls, events in, events out. No label names a person or an employer."""

from __future__ import annotations

from prometheus_client import Counter, Histogram

#: From a read of one row to the longest deadline.
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

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
