"""Reading one's own writes: a read that carries tokens is refused until the read tables have reached them.

It is the edge that waits, and asks again: a worker that waited here would be kept from everybody else.
"""

from __future__ import annotations

from google.protobuf.message import Message

from services.kit.app import Principal, Runtime
from services.kit.errors import READ_MODEL_BEHIND, DomainError, fact
from services.query.errors import TOO_MANY_TOKENS
from services.query.store import versions

# Two owners send tokens; a client that keeps several of each merges them to the highest.
TOKENS_MAX = 20


def check_versions(runtime: Runtime, request: Message, principal: Principal) -> None:
    """Return if every version that `request` asks for has been applied for the session's employer.

    Raises READ_MODEL_BEHIND, TOO_MANY_TOKENS. Tokens about other employers
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
    with runtime.database.statement() as connection:
        applied = versions.versions_of(connection, principal.employer_no)
    if any(applied.get(owner, 0) < version for owner, version in wanted.items()):
        raise DomainError(READ_MODEL_BEHIND)
