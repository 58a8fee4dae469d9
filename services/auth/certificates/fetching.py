"""Fetches the CAs' revocation lists from where they publish them, outside every login (manual §2, §3).

Only addresses that an operator wrote into `ca.toml`, or that stand in the CA's own certificates and lead to a host that
`ca.toml` allows, are asked. What comes back counts only when it is a list of that CA, signed by it and not older than
the one in hand; it is then put into the folder of fetched lists, where `TrustFolder` finds it within a second. A failed fetch changes nothing: the list in hand counts until its nextUpdate.
"""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from asn1crypto import x509

from services.auth.certificates.download import NotFetched, download, host_of
from services.auth.certificates.evidence import is_vouched_for, number_of
from services.auth.certificates.reading import MAX_CRL_BYTES, Unreadable, der_parts, read_crl
from services.auth.certificates.trust_folder import read_authority_folders
from services.auth.certificates.trust_store import Authority

log = logging.getLogger(__name__)

#: A list of tens of megabytes over a slow line; nobody waits for it.
WHOLE_TIMEOUT_S: Final = 120.0
#: A CA that splits its lists by the thousand has some hundreds; more mean a wrong setting.
URLS_MAX: Final = 500


def fetch_lists(directory: Path, *, into: Path, older_than_s: float, now_s: float) -> int:
    """Fetch every list whose file is missing or was written that long ago; says how many were replaced.

    `directory` is the trust directory and only read; `into` gets a folder for each CA.
    """
    replaced = 0
    for folder, authority in read_authority_folders(directory):
        for url in addresses_of(authority):
            path = into / folder.name / file_name(url)
            if path.exists() and now_s - path.stat().st_mtime < older_than_s:
                continue
            try:
                replaced += _replace(path, _list_at(url, authority), authority)
            except (NotFetched, OSError) as error:
                log.warning("list of %s not fetched: %s", authority.settings.name, error)
    return replaced


def addresses_of(authority: Authority) -> list[str]:
    """Where the CA publishes its lists: as configured, and as its own certificates say."""
    own = (*authority.roots, *authority.intermediates)
    found = [*authority.settings.crl_urls, *(url for each in own for url in _points_of(each))]
    hosts = authority.settings.allowed_hosts
    return [url for url in dict.fromkeys(found) if host_of(url) in hosts][:URLS_MAX]


def file_name(url: str) -> str:
    """One file for each address, whatever characters it has."""
    return f"fetched-{hashlib.sha256(url.encode()).hexdigest()[:16]}.crl"


def _points_of(certificate: x509.Certificate) -> Iterator[str]:
    for point in certificate.crl_distribution_points:
        if point.url:
            yield str(point.url)


def _list_at(url: str, authority: Authority) -> bytes:
    return download(
        url,
        hosts=authority.settings.allowed_hosts,
        whole_timeout_s=WHOLE_TIMEOUT_S,
        max_bytes=MAX_CRL_BYTES,
    )


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
        if number_of(fresh) < number_of(in_hand):
            raise NotFetched("older than the list in hand")
        if fresh.dump() == in_hand.dump():
            path.touch()
            return False
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}")
    partial.write_bytes(der)
    os.replace(partial, path)
    return True
