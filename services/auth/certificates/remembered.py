"""A bounded memory of things that are true for a while; the oldest goes first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

_Kept = TypeVar("_Kept")


class Remembered(Generic[_Kept]):
    """By name, each until its own time."""

    def __init__(self, most: int, monotonic: Callable[[], float]) -> None:
        self._most = most
        self._monotonic = monotonic
        self._kept: OrderedDict[str, tuple[float, _Kept]] = OrderedDict()

    def get(self, name: str) -> _Kept | None:
        until, value = self._kept.get(name, (0.0, None))
        if value is not None and self._monotonic() >= until:
            self._kept.pop(name, None)
            return None
        return value

    def put(self, name: str, value: _Kept, *, for_s: float) -> None:
        self._kept[name] = (self._monotonic() + for_s, value)
        self._kept.move_to_end(name)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)
