"""Printing on a screen of any width: an amount is never cut short to make a table fit."""

from __future__ import annotations

from rich.console import Console, RenderableType
from rich.table import Table

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
