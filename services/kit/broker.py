"""Connections to the broker: with `amqps://` it has to prove its name, which kombu by itself does not ask.

The CAs are the machine's, or those in the file that `SSL_CERT_FILE` names. The edge's client (aiormq) asks for both
by itself.
"""

from __future__ import annotations

import ssl
from typing import Any
from urllib.parse import unquote, urlsplit

from kombu import Connection

from services.kit.lines import checked_broker

#: Who logs in where the URI names nobody.
DEFAULT_USER = "guest"


def broker_connection(uri: str, **options: Any) -> Connection:
    """A kombu connection, not yet opened. Raises LineInTheClear."""
    return Connection(checked_broker(uri), ssl=tls_options(uri), **options)


def user_of(connection: Connection) -> str:
    """The user that the connection logs in as: what `user_id` of its messages must be."""
    return connection.userid or DEFAULT_USER


def user_in(uri: str) -> str:
    """The user whom a broker's URI names."""
    return unquote(urlsplit(uri).username or DEFAULT_USER)


def tls_options(uri: str) -> dict[str, Any] | None:
    """What py-amqp wants to know; None for a broker that is spoken to in the clear."""
    parts = urlsplit(uri)
    if parts.scheme != "amqps":
        return None
    return {"server_hostname": parts.hostname, "cert_reqs": ssl.CERT_REQUIRED}
