"""What leaves the machine leaves it under TLS, to a server that proves its name.

Checked where an address is read, so that a process with a line in the clear does not start at all. Loopback and Unix
sockets stay on the machine; so do the hosts that HPF_PLAIN_HOSTS names, such as the neighbours inside one compose
file, which the operator answers for.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from ipaddress import ip_address
from urllib.parse import parse_qs, urlsplit

from sqlalchemy.engine import make_url

PLAIN_HOSTS = "HPF_PLAIN_HOSTS"

# libpq takes these from the environment where an address does not say; an address that says otherwise wins.
_SSL_MODE = "PGSSLMODE"
_VERIFIED = "verify-full"
# The switch by which the edge's client would take any certificate (aiormq).
_UNVERIFIED = "no_verify_ssl"


class LineInTheClear(ValueError):
    """An address whose line would leave this machine without TLS, or to a server that need not prove its name."""


def checked_broker(uri: str) -> str:
    """The broker's address as it is. Raises LineInTheClear; the message has no password in it."""
    parts = urlsplit(uri)
    host = parts.hostname or ""
    if parts.scheme == "amqps":
        if _UNVERIFIED in parse_qs(parts.query, keep_blank_values=True):
            raise LineInTheClear(
                f"the broker at {host} must prove its name: {_UNVERIFIED} is not allowed"
            )
    elif not _stays_here([host]):
        raise LineInTheClear(
            f"amqp:// to {host} leaves this machine in the clear: use amqps://, or name the host in {PLAIN_HOSTS}"
            " when it is on this machine"
        )
    return uri


def checked_store(url: str) -> str:
    """The database's address as it is. Raises LineInTheClear; the message has no password in it."""
    address = make_url(url)
    asked = address.query
    hosts = [address.host or "", *_listed(asked.get("host")), *_listed(asked.get("hostaddr"))]
    named = [host for host in hosts if host]
    # A service file may name any host at all.
    if "service" not in asked and _stays_here(named or ["/"]):
        return url
    if (asked.get("sslmode") or os.environ.get(_SSL_MODE)) != _VERIFIED:
        where = ", ".join(named) or "a host of a service file"
        raise LineInTheClear(
            f"PostgreSQL at {where} needs ?sslmode={_VERIFIED}&sslrootcert=… in its address,"
            f" or name the host in {PLAIN_HOSTS} when it is on this machine"
        )
    return url


def _listed(value: str | tuple[str, ...] | None) -> list[str]:
    values = (value,) if isinstance(value, str) else value or ()
    return [host for each in values for host in each.split(",")]


def _stays_here(hosts: Iterable[str]) -> bool:
    plain = {host.strip() for host in os.environ.get(PLAIN_HOSTS, "").split(",")} - {""}
    return all(_is_local(host) or host in plain for host in hosts)


def _is_local(host: str) -> bool:
    if host == "localhost" or host.startswith("/"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
