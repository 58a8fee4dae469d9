"""How often one caller may call: a token bucket a caller, kept for the callers seen last.

A bucket holds up to `burst` calls and refills with `per_s`; a caller whose bucket is empty is told when to come back.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

# 100 bytes each: the callers of a busy hour, in 10 MB. Who is pushed out starts again with a full bucket.
CALLERS_MAX = 100_000


@dataclass(slots=True)
class _Bucket:
    calls: float
    filled_at_s: float


class RateLimit:
    """One limit for every caller of a kind. Times are monotonic seconds, given by whoever asks."""

    def __init__(self, *, per_s: float, burst: int, callers_max: int = CALLERS_MAX) -> None:
        self._per_s = per_s
        self._burst = burst
        self._callers_max = callers_max
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def admits(self, caller: str, *, now_s: float) -> bool:
        """Take one call from the caller's bucket; False when it is empty."""
        bucket = self._buckets.get(caller)
        if bucket is None:
            bucket = self._buckets[caller] = _Bucket(self._burst, now_s)
            if len(self._buckets) > self._callers_max:
                self._buckets.popitem(last=False)
        else:
            self._buckets.move_to_end(caller)
        grown = bucket.calls + max(0.0, now_s - bucket.filled_at_s) * self._per_s
        bucket.calls, bucket.filled_at_s = min(float(self._burst), grown), now_s
        if bucket.calls < 1.0:
            return False
        bucket.calls -= 1.0
        return True
