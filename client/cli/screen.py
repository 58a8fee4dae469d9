"""Printing on a screen of any width: an amount is never cut short to make a table fit; time is China's."""

from __future__ import annotations

from datetime import datetime

from rich.console import Console, RenderableType
from rich.table import Table

from services.kit.clock import CHINA

#: No table of the hall is wider; rich measures within it.
COLUMNS_MAX = 1000


def print_whole(console: Console, picture: RenderableType) -> None:
    """Print; a table wider than the screen keeps its width and the screen folds its lines."""
    before = console.width
    if isinstance(picture, Table):
        room = console.options.update(width=COLUMNS_MAX)
        console.width = max(before, console.measure(picture, options=room).maximum)
    try:
        console.print(picture)
    finally:
        console.width = before


def china_time(moment: str) -> str:
    """An RFC 3339 moment as people in the hall read it; empty for none."""
    if not moment:
        return ""
    return f"{datetime.fromisoformat(moment).astimezone(CHINA):%Y-%m-%d %H:%M:%S}"
