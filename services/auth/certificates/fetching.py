"""Fetches the CAs' revocation lists from where they publish them, outside every login (manual §2, §3).

Only addresses that an operator wrote into `ca.toml`, or that stand in a CA's own certificates of our trust directory,
are ever asked: a certificate that somebody shows cannot send us anywhere. What comes back counts only when it is a
list of that CA, signed by it and not older than the one in hand; it is then put into the CA's `crls` folder, where
`TrustFolder` finds it within a second. A failed fetch changes nothing: the list in hand counts until its nextUpdate.
"""

from __future__ import annotations

import hashlib
import logging
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import requests
from asn1crypto import crl, x509

from services.auth.certificates.evidence import is_vouched_for
from services.auth.certificates.reading import MAX_CRL_BYTES, Unreadable, der_parts, read_crl
from services.auth.certificates.trust_folder import CRL_FOLDER, read_authority_folders
from services.auth.certificates.trust_store import Authority

log = logging.getLogger(__name__)

CONNECT_TIMEOUT_S: Final = 3.05
#: Between two pieces; a server that trickles is cut off by the whole time below.
READ_TIMEOUT_S: Final = 10.0
WHOLE_TIMEOUT_S: Final = 120.0
#: A CA that splits its lists by the thousand has some hundreds; more mean a wrong setting.
URLS_MAX: Final = 500
_PIECE: Final = 64 * 1024
_SCHEMES: Final = ("http", "https")


class NotFetched(Exception):
    """Nothing usable came; the message names no secret."""


def fetch_lists(directory: Path, *, older_than_s: float, now_s: float) -> int:
    """Fetch every list whose file is missing or was written that long ago; says how many were replaced."""
    replaced = 0
    for folder, authority in read_authority_folders(directory):
        for url in addresses_of(authority):
            path = folder / CRL_FOLDER / file_name(url)
            if path.exists() and now_s - path.stat().st_mtime < older_than_s:
                continue
            try:
                replaced += _replace(path, _downloaded(url), authority)
            except (NotFetched, OSError) as error:
                log.warning("list of %s not fetched: %s", authority.settings.name, error)
    return replaced


def addresses_of(authority: Authority) -> list[str]:
    """Where the CA publishes its lists: as configured, and as its own certificates say."""
    own = (*authority.roots, *authority.intermediates)
    found = [*authority.settings.crl_urls, *(url for each in own for url in _points_of(each))]
    return list(dict.fromkeys(found))[:URLS_MAX]


def file_name(url: str) -> str:
    """One file for each address, whatever characters it has."""
    return f"fetched-{hashlib.sha256(url.encode()).hexdigest()[:16]}.crl"


def _points_of(certificate: x509.Certificate) -> Iterator[str]:
    for point in certificate.crl_distribution_points:
        url = point.url
        if url and urlsplit(url).scheme in _SCHEMES:
            yield str(url)


def _downloaded(url: str) -> bytes:
    ends_at = time.monotonic() + WHOLE_TIMEOUT_S
    content = bytearray()
    try:
        with requests.get(
            url, timeout=(CONNECT_TIMEOUT_S, READ_TIMEOUT_S), stream=True, allow_redirects=False
        ) as reply:
            if reply.status_code != requests.codes.ok:
                raise NotFetched(f"the server answered {reply.status_code}")
            for piece in reply.iter_content(_PIECE):
                content += piece
                if len(content) > MAX_CRL_BYTES:
                    raise NotFetched("the list is too large")
                if time.monotonic() > ends_at:
                    raise NotFetched("the list came too slowly")
    except requests.RequestException as error:
        raise NotFetched(type(error).__name__) from None
    return bytes(content)


def _replace(path: Path, content: bytes, authority: Authority) -> bool:
    """Put the list in place; False when the one in hand is as new, True when it was replaced."""
    try:
        [der] = der_parts(content)
        fresh = read_crl(der)
    except (Unreadable, ValueError) as error:
        raise NotFetched("not a revocation list") from error
    if not is_vouched_for(authority, fresh):
        raise NotFetched("not a list of this CA")
    if path.exists():
        in_hand = read_crl(path.read_bytes())
        if _number(fresh) < _number(in_hand):
            raise NotFetched("older than the list in hand")
        if fresh.dump() == in_hand.dump():
            path.touch()
            return False
    path.parent.mkdir(exist_ok=True)
    partial = path.with_name(f".{path.name}")
    partial.write_bytes(der)
    os.replace(partial, path)
    return True


def _number(revocations: crl.CertificateList) -> int:
    return int(revocations.crl_number_value.native)
