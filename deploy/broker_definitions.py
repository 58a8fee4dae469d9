"""deploy/rabbitmq/definitions.json for one broker: with passwords, and other names where several halls share a node.

Who may do what is deploy/broker_rights.py's.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
from collections.abc import Mapping
from typing import Any

from deploy.local.paths import ROOT
from services.kit.senders import ONE_EACH, Senders

DEFINITIONS = ROOT / "deploy" / "rabbitmq" / "definitions.json"
NAMESPACE = "hpf"
VHOST = "/"
SALT_BYTES = 4
"""What RabbitMQ's own password hash is made with."""

_RIGHTS = ("configure", "write", "read")


def parts() -> list[str]:
    """Every part of the hall that has a user."""
    return [user["name"] for user in _read()["users"]]


def definitions_for(
    passwords: Mapping[str, str],
    *,
    namespace: str = NAMESPACE,
    users: str = ONE_EACH,
    vhost: str = VHOST,
) -> dict[str, Any]:
    """What RabbitMQ imports; `users` is the template of their names, `passwords` those of the parts."""
    made, user_of = _read(), Senders(users).user_of
    made["vhosts"] = [{"name": vhost}]
    for user in made["users"]:
        part = user["name"]
        user["name"] = user_of(part)
        user["password_hash"] = password_hash(passwords[part], secrets.token_bytes(SALT_BYTES))
    for right in (*made["permissions"], *made["topic_permissions"]):
        right |= {"user": user_of(right["user"]), "vhost": vhost}
    for right in made["permissions"]:
        # Only names of queues and exchanges have the namespace; keys have none.
        for kind in _RIGHTS:
            right[kind] = right[kind].replace(rf"{NAMESPACE}\.", rf"{re.escape(namespace)}\.")
    for right in made["topic_permissions"]:
        right["exchange"] = namespace + right["exchange"].removeprefix(NAMESPACE)
    return made


def password_hash(password: str, salt: bytes) -> str:
    """RabbitMQ's form: base64(salt + SHA-256(salt + password))."""
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()


def _read() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(DEFINITIONS.read_text(encoding="utf-8"))
    return found
