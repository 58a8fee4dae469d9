"""One HTTP request to a certification authority: to allowed hosts only, bounded in time and size, never redirected.

An address that stands in a certificate was written by whoever had the certificate made. It is asked only where the
CA's settings name its host, so that nobody can make the hall knock at doors inside the centre's network.
"""

from __future__ import annotations

import re
import time
from collections.abc import Set
from typing import Final
from urllib.parse import urlsplit

import requests

CONNECT_TIMEOUT_S: Final = 3.05
#: Between two pieces; a server that trickles is cut off by the whole time, which the caller gives.
READ_TIMEOUT_S: Final = 10.0
_PIECE: Final = 64 * 1024
#: No user names, no backslashes, no brackets: what two parsers could read as two different hosts is no address.
ADDRESS: Final = (
    r"https?://[A-Za-z0-9]([A-Za-z0-9.-]{0,252})(:[0-9]{1,5})?(/[A-Za-z0-9._~%!$&'()*+,;=:/?-]*)?"
)
_ADDRESS: Final = re.compile(ADDRESS)
_PORTS: Final = {"http": 80, "https": 443}


class NotFetched(Exception):
    """Nothing usable came; the message names no secret."""


def host_of(url: str) -> str | None:
    """`host:port` in small letters, or None for what is no plain http address."""
    if not _ADDRESS.fullmatch(url):
        return None
    parts = urlsplit(url)
    try:
        port = parts.port or _PORTS[parts.scheme.lower()]
    except (ValueError, KeyError):
        return None
    return f"{parts.hostname}:{port}"


def download(
    url: str,
    *,
    hosts: Set[str],
    whole_timeout_s: float,
    max_bytes: int,
    question: bytes | None = None,
    kind: str = "",
) -> bytes:
    """What the address answers, or to a question (POST, of content type `kind`). Raises NotFetched."""
    if host_of(url) not in hosts:
        raise NotFetched("the CA's settings do not allow this host")
    ends_at = time.monotonic() + whole_timeout_s
    content = bytearray()
    try:
        with requests.request(
            "GET" if question is None else "POST",
            url,
            data=question,
            headers={"Content-Type": kind} if kind else {},
            timeout=(
                min(CONNECT_TIMEOUT_S, whole_timeout_s),
                min(READ_TIMEOUT_S, whole_timeout_s),
            ),
            stream=True,
            allow_redirects=False,
        ) as reply:
            if reply.status_code != requests.codes.ok:
                raise NotFetched(f"the server answered {reply.status_code}")
            for piece in reply.iter_content(_PIECE):
                content += piece
                if len(content) > max_bytes:
                    raise NotFetched("the answer is too large")
                if time.monotonic() > ends_at:
                    raise NotFetched("the answer came too slowly")
    except requests.RequestException as error:
        raise NotFetched(type(error).__name__) from None
    return bytes(content)
