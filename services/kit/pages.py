"""Pages of a list: the token that continues it is signed and bound to the question it belongs to.

A page starts after the last row of the one before (keyset), so rows that arrive meanwhile neither repeat nor hide
others. Whoever changes the filter, the employer or the token itself is told so instead of being shown other rows.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from services.kit.errors import FIELD_INVALID, PAGE_TOKEN_INVALID, DomainError, FieldError
from services.kit.vault import Vault

PAGE_SIZE_DEFAULT = 50
# 500 people are some 100 KB: far below gRPC's 4 MB, and more than anybody reads on a screen.
PAGE_SIZE_MAX = 500
# Longer than any position that we sign; a longer token is not ours.
_TOKEN_CHARS_MAX = 512
_MAC_BYTES = 16
_PURPOSE = "page_token"

Key = str | int
Position = tuple[Key, ...]
_Row = TypeVar("_Row")


@dataclass(frozen=True, slots=True)
class Page:
    """One page that was asked for: at most `size` rows `after` a position, from the start when that is None."""

    size: int
    after: Position | None
    _vault: Vault
    _scope: str

    @property
    def fetch(self) -> int:
        """How many rows to read: one more than shown tells whether another page follows."""
        return self.size + 1

    def cut(
        self, rows: Sequence[_Row], position_of: Callable[[_Row], Position]
    ) -> tuple[Sequence[_Row], str]:
        """The rows to show of those read, and the token of the next page (empty when there is none)."""
        if len(rows) <= self.size:
            return rows, ""
        shown = rows[: self.size]
        return shown, _sign(self._vault, self._scope, position_of(shown[-1]))


def open_page(
    vault: Vault, *, scope: Sequence[str], size: int, token: str, size_max: int = PAGE_SIZE_MAX
) -> Page:
    """Read what a request says of its page. `scope` is everything that the list depends on: method, employer, filter.

    A size of 0 means the default, one beyond `size_max` means `size_max`. Raises FIELD_INVALID for a negative size,
    PAGE_TOKEN_INVALID for a token that was not given out for the same scope.
    """
    if size < 0:
        field = FieldError("page_size", FIELD_INVALID.code, "每页条数不能为负数")
        raise DomainError(FIELD_INVALID, fields=[field])
    bound = json.dumps(list(scope), ensure_ascii=False)
    return Page(
        size=min(size or PAGE_SIZE_DEFAULT, size_max),
        after=_read(vault, bound, token) if token else None,
        _vault=vault,
        _scope=bound,
    )


def _sign(vault: Vault, scope: str, position: Position) -> str:
    body = json.dumps(position).encode()
    return base64.urlsafe_b64encode(_mac(vault, scope, body) + body).decode().rstrip("=")


def _read(vault: Vault, scope: str, token: str) -> Position:
    if len(token) > _TOKEN_CHARS_MAX:
        raise DomainError(PAGE_TOKEN_INVALID)
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise DomainError(PAGE_TOKEN_INVALID) from None
    mac, body = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
    if not hmac.compare_digest(mac, _mac(vault, scope, body)):
        raise DomainError(PAGE_TOKEN_INVALID)
    return tuple(json.loads(body))


def _mac(vault: Vault, scope: str, body: bytes) -> bytes:
    return vault.index(_PURPOSE, f"{scope}\0{body.hex()}")[:_MAC_BYTES]
