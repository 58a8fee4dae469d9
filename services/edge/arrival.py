"""A call as it arrives: its reference, its trace, who sends it from where, how long it may take.

The reference is made here for every call; it is the only thing a person is told of a fault, and it goes back in the
metadata of every answer. A caller's trace (W3C `traceparent`) is continued, else one begins.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import unquote

from services.edge.errors import TOKEN_INVALID
from services.kit.errors import DomainError
from services.kit.ids import new_id

REQUEST_REF_KEY = "x-request-id"
TRACEPARENT_KEY = "traceparent"

_TRACEPARENT = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})")
_SAMPLED = "01"


class ServerContext(Protocol):
    """The part of gRPC's servicer context that is read here."""

    def invocation_metadata(self) -> object: ...

    def peer(self) -> str: ...

    def time_remaining(self) -> float | None: ...


@dataclass(frozen=True, slots=True)
class Arrival:
    """What is known of a call before anything is checked."""

    request_ref: str
    traceparent: str
    peer: str
    time_remaining_s: float | None  # None when the caller set no deadline
    metadata: Mapping[str, str]

    @classmethod
    def of(cls, context: ServerContext) -> Arrival:
        pairs = context.invocation_metadata() or ()
        metadata = {key: text for key, text in pairs if isinstance(text, str)}  # type: ignore[attr-defined]
        return cls(
            request_ref=new_id(),
            traceparent=continued(metadata.get(TRACEPARENT_KEY, "")),
            peer=host_of(context.peer()),
            time_remaining_s=context.time_remaining(),
            metadata=metadata,
        )

    def address(self, proxies: frozenset[str]) -> str:
        """The caller's address: the peer's, or what a trusted proxy says it forwards for."""
        forwarded = self.metadata.get("x-forwarded-for", "")
        if self.peer in proxies and forwarded:
            # The last entry is the one the proxy itself added; those before it are the caller's claims.
            return forwarded.rsplit(",", 1)[-1].strip()
        return self.peer

    def bearer_token(self) -> str:
        """The access token, empty when none was sent; raises TOKEN_INVALID for another scheme."""
        header = self.metadata.get("authorization", "")
        if not header:
            return ""
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise DomainError(TOKEN_INVALID)
        return token.strip()

    def answer_metadata(self) -> tuple[tuple[str, str], ...]:
        """What goes back with every answer."""
        return ((REQUEST_REF_KEY, self.request_ref), (TRACEPARENT_KEY, self.traceparent))


def continued(traceparent: str) -> str:
    """A span of our own in the caller's trace, or in a new one when that cannot be read."""
    match = _TRACEPARENT.fullmatch(traceparent)
    trace, flags = match.groups() if match else (secrets.token_hex(16), _SAMPLED)
    return f"00-{trace}-{secrets.token_hex(8)}-{flags}"


def host_of(peer: str) -> str:
    """gRPC's name of a peer without its port: `ipv4:10.0.0.7:53412` → `10.0.0.7`."""
    scheme, _, rest = unquote(peer).partition(":")
    return rest.rsplit(":", 1)[0].strip("[]") if scheme in ("ipv4", "ipv6") else scheme
