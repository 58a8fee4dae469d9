"""Whether a general name is written as RFC 5280 §4.2.1.6 and §4.2.1.10 say."""

from __future__ import annotations

import re

from asn1crypto import x509

MAX_HOST_CHARS = 253
_LABEL = r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST = re.compile(rf"{_LABEL}(\.{_LABEL})*", re.ASCII)
_WILDCARD_HOST = re.compile(rf"(\*\.)?{_LABEL}(\.{_LABEL})*", re.ASCII)


def has_bad_name(name: x509.GeneralName, *, constraint: bool = False) -> bool:
    """True for a malformed DNS name, mailbox or address; `constraint` for a base of a subtree."""
    kind, content = name.name, name.chosen.contents
    if kind == "ip_address":
        # An address, or for a constraint an address and its mask.
        return len(content) not in ((8, 32) if constraint else (4, 16))
    if kind not in ("dns_name", "rfc822_name", "uniform_resource_identifier"):
        return False
    try:
        written = content.decode("ascii")
    except UnicodeDecodeError:
        return True
    if constraint:
        return _is_bad_base(kind, written)
    if kind == "dns_name":
        return len(written) > MAX_HOST_CHARS or not _WILDCARD_HOST.fullmatch(written)
    if kind == "rfc822_name":
        mailbox, at, host = written.rpartition("@")
        return not (at and mailbox and _HOST.fullmatch(host))
    return not written


def _is_bad_base(kind: str, written: str) -> bool:
    if kind == "dns_name":
        # "" is every host. A leading dot belongs to URIs, §4.2.1.10.
        return bool(written) and not _HOST.fullmatch(written)
    host = written.rpartition("@")[2].removeprefix(".")
    return not _HOST.fullmatch(host)
