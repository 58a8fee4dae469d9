"""Whose call it is: the access token's signature and dates, and that its session has not ended since.

Nobody is asked for a call. Ended sessions are heard as events; what was missed while not connected is loaded from
auth each time the bus connection comes up, and until then no session is taken: an edge that does not know which
sessions ended (a lost key, a logout) must not guess. One that ended with its employer still opens the methods that say so.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hpf.auth.v1 import auth_events_pb2, auth_service_pb2

from services.edge.bus_client import BusClient
from services.edge.errors import SESSION_ENDED, SESSION_EXPIRED, TOKEN_INVALID
from services.kit.access_tokens import AccessClaims, TokenRefused, verify_access_token
from services.kit.app import CallContext, Principal
from services.kit.clock import Clock
from services.kit.errors import (
    EMPLOYER_GONE,
    SERVICE_UNAVAILABLE,
    SESSION_REQUIRED,
    DomainError,
)
from services.kit.events import Event, Poison
from services.kit.ids import new_id

log = logging.getLogger(__name__)

ROUTING_KEY: Final = "auth.session_ended"
LOAD_TIMEOUT: Final = timedelta(seconds=5)
LOAD_AGAIN_S: Final = 0.3
#: Expired entries are dropped when so many were added.
_SWEEP_EVERY: Final = 1000
#: Verified tokens that are remembered, 1 KB each; checking one anew costs 0.3 ms.
VERIFIED_MAX: Final = 10_000

EDGE = Principal(kind="system", name="edge")


@dataclass(frozen=True, slots=True)
class _Ended:
    """What is remembered of a session that ended; `with_employer` when the employer was closed."""

    forget_after: datetime
    with_employer: bool


class Sessions:
    """Checks access tokens. `load` asks for the ended sessions; they are remembered until `forget_after`.

    `note` is told session and address of genuine tokens that were refused because their session had ended.
    """

    def __init__(
        self,
        key: Ed25519PublicKey,
        clock: Clock,
        load: Callable[[], Awaitable[auth_service_pb2.ListEndedSessionsResponse]],
        *,
        note: Callable[[str, str], None] = lambda _session_id, _address: None,
    ) -> None:
        self._key = key
        self._clock = clock
        self._load = load
        self._note_refused = note
        self._ended: dict[str, _Ended] = {}
        self._verified: OrderedDict[str, AccessClaims] = OrderedDict()
        self._since_sweep = 0
        #: set while we know which sessions ended
        self.known = asyncio.Event()
        self._loading: asyncio.Task[None] | None = None

    def principal_of(self, token: str, *, address: str, after_closing: bool = False) -> Principal:
        """The employer's agent who holds this token, for a method that is `after_closing` or not.

        Raises DomainError: SESSION_REQUIRED, TOKEN_INVALID, SESSION_EXPIRED, SESSION_ENDED, EMPLOYER_GONE,
        SERVICE_UNAVAILABLE.
        """
        if not token:
            raise DomainError(SESSION_REQUIRED)
        claims = self._claims_of(token)
        if not self.known.is_set():
            raise DomainError(SERVICE_UNAVAILABLE)
        ended = self._ended.get(claims.session_id)
        if ended is not None and not (ended.with_employer and after_closing):
            self._note_refused(claims.session_id, address)
            raise DomainError(EMPLOYER_GONE if ended.with_employer else SESSION_ENDED)
        return Principal(
            kind="employer",
            employer_no=claims.employer_no,
            session_id=claims.session_id,
            certificate=claims.certificate,
            roles=claims.roles,
            address=address,
            certificate_sha256=claims.certificate_sha256,
            policies=claims.policies,
        )

    def _claims_of(self, token: str) -> AccessClaims:
        """What the token says. One that was verified before needs only its date looked at again."""
        now = self._clock.now()
        claims = self._verified.get(token)
        if claims is not None and now < claims.expires_at:
            return claims
        try:
            claims = verify_access_token(token, key=self._key, now=now)
        except TokenRefused as refused:
            self._verified.pop(token, None)
            raise DomainError(SESSION_EXPIRED if refused.expired else TOKEN_INVALID) from None
        if len(self._verified) >= VERIFIED_MAX:
            self._verified.popitem(last=False)
        self._verified[token] = claims
        return claims

    def hear(self, event: Event) -> None:
        """An event says that a session ended."""
        try:
            message = event.message()
        except Poison as error:
            log.error("event=%s: %s", event.event_id, error)
            return
        if isinstance(message, auth_events_pb2.SessionEnded):
            self._note(message)

    async def on_connection(self, connected: bool) -> None:
        """Load what was missed as soon as the bus is there; take no session while it is not."""
        self.known.clear()
        if self._loading is not None:
            self._loading.cancel()
        self._loading = asyncio.create_task(self._load_until_known()) if connected else None

    async def _load_until_known(self) -> None:
        while True:
            try:
                reply = await self._load()
            except DomainError as error:
                log.warning("ended sessions not loaded yet: %s", error)
                await asyncio.sleep(LOAD_AGAIN_S)
            else:
                break
        for ended in reply.sessions:
            self._note(ended)
        self.known.set()
        log.info("ended sessions loaded count=%d", len(reply.sessions))

    def _note(self, ended: auth_events_pb2.SessionEnded | auth_service_pb2.EndedSession) -> None:
        now = self._clock.now()
        self._ended[ended.session_id] = _Ended(
            forget_after=ended.forget_after.ToDatetime(tzinfo=now.tzinfo),
            with_employer=ended.end == auth_events_pb2.SESSION_END_EMPLOYER_CLOSED,
        )
        self._since_sweep += 1
        if self._since_sweep >= _SWEEP_EVERY:
            self._since_sweep = 0
            self._ended = {
                key: each for key, each in self._ended.items() if each.forget_after > now
            }


def loader(
    bus: BusClient, clock: Clock
) -> Callable[[], Awaitable[auth_service_pb2.ListEndedSessionsResponse]]:
    """Asks auth over the bus for the sessions that ended before their tokens do."""

    async def load() -> auth_service_pb2.ListEndedSessionsResponse:
        context = CallContext(EDGE, new_id(), deadline=clock.now() + LOAD_TIMEOUT)
        request = auth_service_pb2.ListEndedSessionsRequest()
        reply = await bus.call(
            "auth", "ListEndedSessions", body=request.SerializeToString(), context=context
        )
        if reply.code:
            raise DomainError(SERVICE_UNAVAILABLE)
        return auth_service_pb2.ListEndedSessionsResponse.FromString(reply.body)

    return load
