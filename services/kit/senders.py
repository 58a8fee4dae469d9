"""Who sent a message, as the broker vouches for it, and what that part of the hall may say.

Every publisher sets `user_id`, which RabbitMQ refuses unless it is the user it is logged in as; every consumer asks
here before it believes anything else. Rights alone do not do: whoever may answer calls may write into any queue by its
name. See docs/adr/0019.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from services.kit.app import Principal

#: Stands for the name of a part in the template of broker users.
PART: Final = "{part}"
#: A user each, named like its part; as deploy/rabbitmq/definitions.json makes them.
ONE_EACH: Final = PART

EDGE: Final = "edge"
STAFF: Final = "staff"
QUERY: Final = "query"
RECEIPT: Final = "receipt"
DOWNSTREAM: Final = "downstream"
#: Sends again what was not handled; the only one who may name another as its first sender.
OPERATOR: Final = "operator"

#: Header of a message sent again: the user whom the broker vouched for when it came first.
ORIGIN: Final = "hpf-origin"


@dataclass(frozen=True, slots=True)
class Caller:
    """What one part may call: as these kinds of principal whatever they are let in for, as the system these methods."""

    kinds: frozenset[str]
    asks: frozenset[str] = frozenset()


_LOGS: Final = frozenset({"collection.ReadEvents", "deposit.ReadEvents"})

#: Every part that calls. deploy/broker_rights.py gives each the right to no more.
CALLERS: Final[Mapping[str, Caller]] = {
    EDGE: Caller(
        frozenset({"public", "employer"}),
        frozenset({"auth.ListEndedSessions", "auth.NoteRefusedToken"}),
    ),
    STAFF: Caller(frozenset({"staff"})),
    QUERY: Caller(frozenset(), _LOGS),
    RECEIPT: Caller(frozenset(), _LOGS),
    DOWNSTREAM: Caller(frozenset(), _LOGS),
}


@dataclass(frozen=True, slots=True)
class Senders:
    """Which broker user each part of the hall is.

    `users` is a template. Without `{part}` in it all parts share that one user and are not told apart, which is for
    brokers whose users are not ours to make.
    """

    users: str = ONE_EACH

    def user_of(self, part: str) -> str:
        return self.users.replace(PART, part)

    def is_from(self, part: str, *, user_id: str, headers: Mapping[str, Any]) -> bool:
        """Whether a message comes from this part: sent by it, or sent by it first and again by an operator."""
        sender = self.sender_of(user_id, headers)
        return bool(sender) and sender == self.user_of(part)

    def sender_of(self, user_id: str, headers: Mapping[str, Any]) -> str:
        """Who sent a message first: the word of an operator counts, nobody else's."""
        if user_id == self.user_of(OPERATOR) and ORIGIN in headers:
            return str(headers[ORIGIN])
        return user_id

    def may_call(self, user_id: str, principal: Principal, *, service: str, method: str) -> bool:
        """Whether this user may call the method as this principal."""
        return any(
            principal.kind in caller.kinds
            or (principal.kind == "system" and f"{service}.{method}" in caller.asks)
            for part, caller in CALLERS.items()
            if user_id and user_id == self.user_of(part)
        )
