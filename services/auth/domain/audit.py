"""One line of the audit trail: a step of a login, what was done with a certificate, a business that ended."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

# What the first row's hash is chained to.
GENESIS = b"\0" * 32


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """`outcome` is `ok`, `posted` or a reason's code; `certificate` is issuer#serial; no person is named.

    `digest` is the SHA-256 (hex) of the owner's event that reported the business.
    """

    at: datetime
    step: str
    outcome: str
    attempt_id: str = ""
    session_id: str = ""
    employer_no: str = ""
    certificate: str = ""
    address: str = ""
    actor: str = ""
    registration_no: str = ""
    digest: str = ""

    def columns(self) -> dict[str, object]:
        return asdict(self)


def chain_text(previous: bytes, position: int, entry: AuditEntry) -> str:
    """What the hash of an entry is made of: the hash before, the position, the entry as sorted JSON in UTC."""
    content = {**asdict(entry), "at": entry.at.astimezone(UTC).isoformat(), "position": position}
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return previous.hex() + canonical
