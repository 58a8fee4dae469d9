"""Reading one's own writes: a read that carries tokens waits until the read tables have reached them."""

from __future__ import annotations

import time
from collections.abc import Mapping

from google.protobuf.message import Message

from services.kit.app import Principal, Runtime
from services.kit.errors import READ_MODEL_BEHIND, DomainError, fact
from services.query.errors import TOO_MANY_TOKENS
from services.query.store import versions

# Two owners send tokens; a client that keeps several of each merges them to the highest.
TOKENS_MAX = 20
_PAUSE_FIRST_S = 0.02
_PAUSE_MAX_S = 0.2


def await_versions(runtime: Runtime, request: Message, principal: Principal) -> None:
    """Return when every version that `request` asks for has been applied for the session's employer.

    Raises READ_MODEL_BEHIND after the wait that the settings allow, TOO_MANY_TOKENS. Tokens about other employers
    say nothing about what this session reads and are left alone.
    """
    tokens = getattr(request, "consistency", ())
    if len(tokens) > TOKENS_MAX:
        raise fact(TOO_MANY_TOKENS, limit=TOKENS_MAX)
    wanted: dict[str, int] = {}
    for token in tokens:
        if token.employer_no == principal.employer_no:
            wanted[token.owner] = max(token.version, wanted.get(token.owner, 0))
    if not wanted:
        return
    wait_s = runtime.settings.consistency_wait_ms / 1000  # type: ignore[attr-defined]  # QuerySettings
    give_up_at = time.monotonic() + wait_s
    pause = _PAUSE_FIRST_S
    while not _reached(runtime, principal.employer_no, wanted):
        left = give_up_at - time.monotonic()
        if left <= 0:
            raise DomainError(READ_MODEL_BEHIND)
        time.sleep(min(pause, left))
        pause = min(pause * 2, _PAUSE_MAX_S)


def _reached(runtime: Runtime, employer_no: str, wanted: Mapping[str, int]) -> bool:
    with runtime.database.statement() as connection:
        applied = versions.versions_of(connection, employer_no)
    return all(applied.get(owner, 0) >= version for owner, version in wanted.items())
