"""How often one caller may call, and how many calls run at once.

How often: a token bucket a caller, kept for the callers seen last. A bucket holds up to `burst` calls and refills with `per_s`; a caller whose bucket is empty is told when to come back.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from services.kit.app import Principal
from services.kit.errors import DomainError, Reason

# 100 bytes each: the callers of a busy hour, in 10 MB. Who is pushed out starts again with a full bucket.
CALLERS_MAX = 100_000
_IPV6_LINE_BITS = 64


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


class Places:
    """What runs at once, in all and of each caller: nobody has so many that the others find none."""

    def __init__(self, *, in_all: int, of_each: int, reason: Reason) -> None:
        self._in_all = in_all
        self._of_each = of_each
        self._reason = reason
        self._taken: Counter[str] = Counter()
        self._all = 0

    @contextmanager
    def one_more(self, caller: str) -> Iterator[None]:
        """Hold a place meanwhile. Raises DomainError with the reason that was given."""
        if self._all >= self._in_all or self._taken[caller] >= self._of_each:
            raise DomainError(self._reason)
        self._all += 1
        self._taken[caller] += 1
        try:
            yield
        finally:
            self._all -= 1
            self._taken[caller] -= 1
            if not self._taken[caller]:
                del self._taken[caller]


def caller_of(principal: Principal) -> str:
    """Whose share of the hall a call takes: the employer's, whichever of its sessions calls, or the address's.

    One line has a whole IPv6 network of 64 bits to call from.
    """
    if principal.employer_no:
        return principal.employer_no
    try:
        address = ip_address(principal.address)
    except ValueError:
        return principal.address
    if address.version == 4:
        return str(address)
    return str(ip_network((int(address), _IPV6_LINE_BITS), strict=False))
