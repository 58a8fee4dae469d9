"""Who may do what on the broker, from the tables of the services: `python -m deploy.broker_rights`

Writes deploy/rabbitmq/definitions.json; a contract test holds the file to this. One user for each part of the hall,
with the rights its work needs and no others: to declare its own queues, publish its own events, hear those it is bound
for, and make the calls it makes.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from deploy.broker_definitions import DEFINITIONS, NAMESPACE, VHOST
from deploy.local.paths import ROOT
from services.edge.main import keys_of_movements
from services.edge.outcomes import ROUTING_KEY as OUTCOMES
from services.edge.routes import declared_routes
from services.edge.sessions import ROUTING_KEY as ENDED_SESSIONS
from services.kit.events import routing_key
from services.kit.registry import SERVICES, app_of
from services.kit.senders import CALLERS, DOWNSTREAM, EDGE, OPERATOR, STAFF

HASHING = "rabbit_password_hashing_sha256"

BANK = "bank"
PARTS = (*SERVICES, EDGE, STAFF, OPERATOR, BANK, DOWNSTREAM)
"""Staff call services; an operator replays dead letters; the bank's connector reports payments; a downstream system
follows events through queues of its own and reads the owners' logs."""

NOTHING = "^$"


def definitions() -> dict[str, Any]:
    """What RabbitMQ imports, but for the passwords: without their hashes nobody can log in."""
    return {
        "vhosts": [{"name": VHOST}],
        "users": [
            {"name": part, "password_hash": "", "hashing_algorithm": HASHING, "tags": []}
            for part in PARTS
        ],
        "permissions": [{"user": part, "vhost": VHOST, **_rights(part)} for part in PARTS],
        "topic_permissions": [
            {"user": part, "vhost": VHOST, "exchange": f"{NAMESPACE}.{exchange}"} | right
            for part in PARTS
            for exchange, right in _topics(part)
        ],
        "policies": [],
        "parameters": [],
        "global_parameters": [],
        "exchanges": [],
        "queues": [],
        "bindings": [],
    }


def _rights(part: str) -> dict[str, str]:
    """What it may declare, write to and read from, by name."""
    ns = NAMESPACE
    if part in SERVICES:
        own = rf"{ns}\.rpc\.{part}|{ns}\.events\.{part}\..*"
        calls = rf"|{ns}\.rpc" if part in CALLERS else ""
        return {
            "configure": rf"^({ns}\.(events|unrouted|dead|rpc)|{own})$",
            # The default exchange is where replies go; what else it could reach believes no sender but its own.
            "write": rf"^(amq\.default|{ns}\.(events|unrouted|dead){calls}|{own})$",
            "read": rf"^({ns}\.(events|unrouted|dead|rpc)|{own})$",
        }
    return {
        EDGE: {
            "configure": rf"^({ns}\.(events|unrouted|rpc)|{ns}\.edge\..*)$",
            "write": rf"^({ns}\.(rpc|unrouted)|{ns}\.edge\..*)$",
            "read": rf"^({ns}\.(events|unrouted)|{ns}\.edge\..*)$",
        },
        STAFF: {"configure": rf"^{ns}\.rpc$", "write": rf"^{ns}\.rpc$", "read": NOTHING},
        OPERATOR: {
            "configure": NOTHING,
            "write": rf"^(amq\.default|{ns}\.events)$",
            "read": rf"^{ns}\.(unrouted|events\..*\.dead)$",
        },
        BANK: {"configure": NOTHING, "write": rf"^{ns}\.events$", "read": NOTHING},
        DOWNSTREAM: {
            "configure": r"^downstream\..*$",
            "write": rf"^({ns}\.rpc|downstream\..*)$",
            "read": rf"^({ns}\.events|downstream\..*)$",
        },
    }[part]


def _topics(part: str) -> Iterator[tuple[str, dict[str, str]]]:
    """What it may publish and bind for on each topic exchange. Where nothing is said, RabbitMQ allows everything."""
    yield "events", _events(part)
    yield "rpc", {"write": _calls(part), "read": _taken(part)}


def _events(part: str) -> dict[str, str]:
    if part in SERVICES:
        sources = {each.source for each in app_of(part).subscriptions}
        return {"write": rf"^{part}\.", "read": _of_sources(sources)}
    if part == BANK:
        return {"write": _exactly(_reported_by_the_bank()), "read": NOTHING}
    if part == EDGE:
        heard = {ENDED_SESSIONS, OUTCOMES, *keys_of_movements()}
        return {"write": NOTHING, "read": _exactly(heard)}
    if part == DOWNSTREAM:
        return {"write": NOTHING, "read": _of_sources({"collection", "deposit"})}
    if part == OPERATOR:
        return {"write": ".*", "read": NOTHING}
    return {"write": NOTHING, "read": NOTHING}


def _reported_by_the_bank() -> set[str]:
    return {
        routing_key(BANK, name)
        for service in SERVICES
        for each in app_of(service).subscriptions
        if each.source == BANK
        for name in each.handlers
    }


def _calls(part: str) -> str:
    """The routing keys of the calls it makes."""
    caller = CALLERS.get(part)
    if caller is None:
        return NOTHING
    offered = {
        f"{route.owner}.{route.method}"
        for route in declared_routes()
        if (part == EDGE and route.is_offered) or (part == STAFF and not route.is_offered)
    }
    return _exactly(offered | caller.asks)


def _taken(part: str) -> str:
    """A service binds its call queue for its own calls; to hear another's would be to read them."""
    return _exactly({f"{part}.*"}) if part in SERVICES else NOTHING


def _exactly(keys: Iterable[str]) -> str:
    return f"^({'|'.join(re.escape(key) for key in sorted(keys))})$"


def _of_sources(sources: Iterable[str]) -> str:
    return rf"^({'|'.join(sorted(sources))})\."


def text() -> str:
    """The file's content."""
    return json.dumps(definitions(), indent=2) + "\n"


def main() -> int:
    DEFINITIONS.write_text(text(), encoding="utf-8")
    print(f"written {DEFINITIONS.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
