"""The broker users of one hall on our own node: one for each part, with the rights that an installation gives it.

So everything that runs here runs with the rights it will have, and believes nobody it will not believe.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from pathlib import Path
from urllib.parse import urlsplit

from deploy import broker_definitions
from deploy.local import rabbitmq
from deploy.local.daemons import write_secret


def template_of(namespace: str) -> str:
    """Their names, as HPF_BUS_USERS says it: beginning with the namespace, so that halls never share one."""
    return f"{namespace}-{{part}}"


def ensure(home: Path, namespace: str, *, file: Path) -> None:
    """Make them on the node of `home`, or anew when their rights have changed; `file` keeps their passwords."""
    known = json.loads(file.read_text()) if file.is_file() else {"passwords": {}}
    digest = hashlib.sha256(broker_definitions.DEFINITIONS.read_bytes()).hexdigest()
    if known.get("rights") == digest:
        return
    passwords = {
        part: known["passwords"].get(part) or secrets.token_urlsafe(24)
        for part in broker_definitions.parts()
    }
    made = broker_definitions.definitions_for(
        passwords, namespace=namespace, users=template_of(namespace)
    )
    rabbitmq.control(home, "import_definitions", given=json.dumps(made))
    write_secret(file, json.dumps({"passwords": passwords, "rights": digest}))


def uri_of(uri: str, namespace: str, *, part: str, file: Path) -> str:
    """The broker's URI with the user and the password of one part."""
    user = template_of(namespace).format(part=part)
    password = json.loads(file.read_text())["passwords"][part]
    at = urlsplit(uri)
    return at._replace(netloc=f"{user}:{password}@{at.hostname}:{at.port}").geturl()
