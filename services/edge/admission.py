"""The checks between arrival and forwarding, in their order: deadline → session → authorisation → rate limit.

(The reference and the trace come first of all, in `arrival`, so that a refusal carries them too.)
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

from services.edge.arrival import Arrival
from services.edge.rate_limits import RateLimit, caller_of
from services.edge.routes import Route
from services.edge.sessions import Sessions
from services.edge.settings import EdgeSettings
from services.kit.app import CallContext, Principal
from services.kit.clock import Clock
from services.kit.errors import DEADLINE_PASSED, NOT_ALLOWED, TOO_MANY_CALLS, DomainError


class Admission:
    """Lets a call in, or refuses it with a DomainError."""

    def __init__(
        self,
        settings: EdgeSettings,
        sessions: Sessions,
        clock: Clock,
        *,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._sessions = sessions
        self._clock = clock
        self._monotonic_s = monotonic_s
        self._proxies = settings.proxies
        self._session_limit = RateLimit(
            per_s=settings.session_calls_per_s, burst=settings.session_burst
        )
        self._public_limit = RateLimit(
            per_s=settings.public_calls_per_s, burst=settings.public_burst
        )

    def admit(self, route: Route, arrival: Arrival) -> CallContext:
        """The context that travels with the call."""
        deadline = self._clock.now() + timedelta(seconds=self._allowed_s(route, arrival))
        principal = self._principal(route, arrival)
        self._check_rate(route, principal)
        return CallContext(principal, arrival.request_ref, arrival.traceparent, deadline)

    def still_admits(self, route: Route, arrival: Arrival) -> None:
        """Whether a stream may go on: raises when its session has ended or its token has expired meanwhile."""
        self._principal(route, arrival)

    def _allowed_s(self, route: Route, arrival: Arrival) -> float:
        """A caller may ask for less time than we allow, never for more; who asks for nothing gets the default."""
        limits = self._settings
        longest_s = limits.stream_deadline_s if route.streams else limits.deadline_s
        if arrival.time_remaining_s is None:
            return limits.deadline_s
        if arrival.time_remaining_s <= 0:
            raise DomainError(DEADLINE_PASSED)
        return min(arrival.time_remaining_s, longest_s)

    def _principal(self, route: Route, arrival: Arrival) -> Principal:
        address = arrival.address(self._proxies)
        if route.is_public:
            return Principal(kind="public", address=address)
        if not route.is_offered:
            raise DomainError(NOT_ALLOWED)
        return self._sessions.principal_of(
            arrival.bearer_token(), address=address, after_closing=route.after_closing
        )

    def _check_rate(self, route: Route, principal: Principal) -> None:
        if route.is_public:
            limit, caller = self._public_limit, caller_of(principal)
        else:
            limit, caller = self._session_limit, principal.session_id
        if not limit.admits(caller, now_s=self._monotonic_s()):
            raise DomainError(TOO_MANY_CALLS)
