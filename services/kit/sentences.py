"""How a Chinese sentence names some of many things: the first few, and 等 when there are more."""

from __future__ import annotations

from collections.abc import Sequence

#: More numbers than a person looks up before asking for the whole list.
NAMED_MAX = 5


def first_of(texts: Sequence[str], *, at_most: int = NAMED_MAX) -> str:
    """`甲、乙`, or `甲、乙 等` when not all are named."""
    return "、".join(texts[:at_most]) + (" 等" if len(texts) > at_most else "")
