"""The outbox of a local installation: one JSON file per message instead of a mobile (demo and tests)."""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from client.errors import InputError

#: A code is written before the call that sends it returns; this only covers slow disks.
PATIENCE_S = 5.0

_CODE = re.compile(r"(?<!\d)\d{6}(?!\d)")


@dataclass(frozen=True, slots=True)
class Sms:
    """One message as it would have been sent."""

    sent_at: datetime
    mobile: str
    text: str


def messages(folder: Path) -> list[Sms]:
    """All messages, oldest first; files that are no messages are passed over."""
    found = [_read(path) for path in folder.glob("*.json")]
    return sorted((each for each in found if each is not None), key=lambda each: each.sent_at)


def newest_code(folder: Path, *, since: datetime, mobile: str = "") -> str:
    """The code in the newest message sent at or after `since` (to `mobile`, when given).

    Raises InputError when none comes.
    """
    ends_at = time.monotonic() + PATIENCE_S
    while True:
        for each in reversed(messages(folder)):
            fits = each.sent_at >= since and mobile in ("", each.mobile)
            code = _CODE.search(each.text)
            if fits and code is not None:
                return code.group()
        if time.monotonic() > ends_at:
            raise InputError(f"本地短信箱 {folder} 中没有新的验证码")
        time.sleep(0.05)


def _read(path: Path) -> Sms | None:
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        moment = datetime.fromisoformat(kept["sent_at"]).astimezone(UTC)
        return Sms(moment, str(kept["mobile"]), str(kept["text"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
