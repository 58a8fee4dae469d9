"""The rows of a document as reportlab LongTables, one to a page, the head repeated on each.

Every height is known beforehand, so that a page break costs nothing.

Cells are plain strings where the regular face shows them, which is what makes 2000 rows cheap; only
a cell with a rare character becomes a flowable.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.lib.units import mm
from reportlab.platypus.flowables import Flowable, PageBreak
from reportlab.platypus.tables import LongTable, TableStyle

from services.receipt.rendering.document import Align, Column, DocumentTooLarge, Table
from services.receipt.rendering.flow import MixedLines, break_lines
from services.receipt.rendering.fonts import BOLD, REGULAR, FontSet

LINE_COLOUR = HexColor("#404040")
HEAD_COLOUR = HexColor("#EDEDED")
NO_ROWS = "无记录"
#: Go with the totals when these do not fit on the page of the last row.
LAST_ROWS = 2

_SIZE = 8.5
_LEADING = 11.0
_SIDE_PADDING = 3.5
_UPPER_PADDING = 3.0
_LOWER_PADDING = 4.0
_LINE_WIDTH = 0.5
_ENDLESS = 1e6

_Cell = str | MixedLines
_Command = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class _Row:
    cells: Sequence[_Cell]
    height: float


@dataclass(frozen=True, slots=True)
class _Head:
    cells: list[list[_Cell]]
    heights: list[float]
    style: list[_Command]

    @property
    def height(self) -> float:
        return sum(self.heights)


class PagedRows(Flowable):
    """Rows under a head, as many to a page as fit; each page is a LongTable of its own.

    One table over all pages would be taken apart and put together again at each page break, which
    costs more the more pages follow.

    `closing` is what stands below the last row: totals and seal. When they do not fit below it, the
    last rows go with them to the next page, for a seal on a page without rows seals nothing.
    """

    def __init__(
        self,
        rows: Sequence[_Row],
        *,
        head: _Head,
        widths: Sequence[float],
        page_height: float,
        closing: Sequence[Flowable] = (),
    ) -> None:
        super().__init__()
        self._rows = rows
        self._head = head
        self._widths = widths
        self._page_height = page_height
        self._closing = closing

    def wrap(self, availWidth: float, availHeight: float) -> tuple[float, float]:
        self.width = sum(self._widths)
        # More than there is room for means that it will be split, however much more it is.
        fitting, used = self._fitting(availHeight)
        ends_here = fitting == len(self._rows) and used + self._below(availWidth) <= availHeight
        self.height = used if ends_here else availHeight + 1
        return self.width, self.height

    def split(self, availWidth: float, availHeight: float) -> list[Flowable]:
        fitting, _ = self._fitting(availHeight)
        if fitting < len(self._rows):
            parts = self._parts(fitting, closing=self._closing)
            return parts if fitting else []
        going = self._going_with_closing(availWidth)
        parts = self._parts(len(self._rows) - going, closing=())
        return [*parts[:-1], PageBreak(), parts[-1]] if going else parts

    def _parts(self, first: int, *, closing: Sequence[Flowable]) -> list[Flowable]:
        """The first rows, and the others with what stands below them."""
        return [
            PagedRows(
                rows,
                head=self._head,
                widths=self._widths,
                page_height=self._page_height,
                closing=below,
            )
            for rows, below in ((self._rows[:first], ()), (self._rows[first:], closing))
            if rows
        ]

    def _going_with_closing(self, width: float) -> int:
        """How many of the last rows have room on a page with the closing; the first stays if it can."""
        used = self._head.height + self._below(width)
        going = 0
        for row in reversed(self._rows[1:][-LAST_ROWS:] or self._rows):
            used += row.height
            going += used <= self._page_height
        return going

    def _below(self, width: float) -> float:
        """How high the closing is at most: spaces between neighbours count in full."""
        heights = (
            each.wrapOn(self.canv, width, _ENDLESS)[1]
            + each.getSpaceBefore()
            + each.getSpaceAfter()
            for each in self._closing
        )
        return float(sum(heights))

    def _fitting(self, room: float) -> tuple[int, float]:
        """How many rows fit under the head, and how high that is."""
        used = self._head.height
        for count, row in enumerate(self._rows):
            if used + row.height > room:
                return count, used
            used += row.height
        return len(self._rows), used

    def draw(self) -> None:
        table = LongTable(
            [*self._head.cells, *(row.cells for row in self._rows)],
            colWidths=self._widths,
            rowHeights=[*self._head.heights, *(row.height for row in self._rows)],
            style=TableStyle(self._head.style),
        )
        table.wrapOn(self.canv, self.width, self.height)
        table.drawOn(self.canv, 0, 0)


def rows_flowable(
    table: Table,
    *,
    width: float,
    page_height: float,
    fonts: FontSet,
    closing: Sequence[Flowable] = (),
) -> PagedRows:
    """The table over the full `width` in points, its columns in the proportions of their widths,
    before its `closing`.

    Raises DocumentTooLarge when a row does not fit on a page.
    """
    widths = [width * column.width_mm / table.width_mm for column in table.columns]
    head = _head(table.columns, widths, fonts=fonts)
    rows = [_row(row, table.columns, widths, fonts=fonts) for row in table.rows]
    for index, row in enumerate(rows):
        if head.height + row.height > page_height:
            raise DocumentTooLarge(f"table.rows[{index}] does not fit on a page")
    if not rows:
        rows = [_Row([NO_ROWS] + [""] * (len(widths) - 1), _height(1))]
        head.style.append(("SPAN", (0, -1), (-1, -1)))
        head.style.append(("ALIGN", (0, -1), (-1, -1), Align.CENTRE))
    return PagedRows(rows, head=head, widths=widths, page_height=page_height, closing=closing)


def natural_width(table: Table) -> float:
    """The width in points that the columns ask for."""
    return float(table.width_mm * mm)


def _row(
    row: Sequence[str], columns: Sequence[Column], widths: Sequence[float], *, fonts: FontSet
) -> _Row:
    cells: list[_Cell] = []
    tallest = 1
    for text, column, width in zip(row, columns, widths, strict=True):
        lines = break_lines(text, width - 2 * _SIDE_PADDING, _SIZE, fonts=fonts)
        tallest = max(tallest, len(lines))
        cells.append(_cell(lines, fonts=fonts, align=column.align))
    return _Row(cells, _height(tallest))


def _cell(lines: list[str], *, fonts: FontSet, align: Align, bold: bool = False) -> _Cell:
    if all(fonts.all_in_main(line) for line in lines):
        return "\n".join(lines)
    return MixedLines(lines, size=_SIZE, leading=_LEADING, fonts=fonts, align=align, bold=bold)


def _head(columns: Sequence[Column], widths: Sequence[float], *, fonts: FontSet) -> _Head:
    titles = [
        break_lines(column.title, width - 2 * _SIDE_PADDING, _SIZE, fonts=fonts, bold=True)
        for column, width in zip(columns, widths, strict=True)
    ]
    lower = [_head_cell(lines, fonts=fonts) for lines in titles]
    lower_height = _height(max(map(len, titles)))
    alignments = [
        ("ALIGN", (index, 0), (index, -1), column.align) for index, column in enumerate(columns)
    ]
    if not any(column.group for column in columns):
        return _Head([lower], [lower_height], [*alignments, *_common_style(head_rows=1)])
    upper = [
        _head_cell([column.group], fonts=fonts) if column.group else title
        for column, title in zip(columns, lower, strict=True)
    ]
    lower = [title if column.group else "" for column, title in zip(columns, lower, strict=True)]
    style = [*alignments, *_common_style(head_rows=2), *_spans(columns)]
    return _Head([upper, lower], [_height(1), lower_height], style)


def _head_cell(lines: list[str], *, fonts: FontSet) -> _Cell:
    return _cell(lines, fonts=fonts, align=Align.CENTRE, bold=True)


def _spans(columns: Sequence[Column]) -> list[_Command]:
    """A group's head spans its columns; a column without a group spans both head rows."""
    spans: list[_Command] = []
    start = 0
    for group, members in groupby(columns, key=lambda column: column.group):
        count = len(list(members))
        if group:
            spans.append(("SPAN", (start, 0), (start + count - 1, 0)))
        else:
            spans += [("SPAN", (index, 0), (index, 1)) for index in range(start, start + count)]
        start += count
    return spans


def _common_style(*, head_rows: int) -> list[_Command]:
    last_head = (-1, head_rows - 1)
    return [
        ("FONT", (0, 0), (-1, -1), REGULAR, _SIZE, _LEADING),
        ("FONTNAME", (0, 0), last_head, BOLD),
        ("ALIGN", (0, 0), last_head, Align.CENTRE),
        ("BACKGROUND", (0, 0), last_head, HEAD_COLOUR),
        ("GRID", (0, 0), (-1, -1), _LINE_WIDTH, LINE_COLOUR),
        ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
        ("LEFTPADDING", (0, 0), (-1, -1), _SIDE_PADDING),
        ("RIGHTPADDING", (0, 0), (-1, -1), _SIDE_PADDING),
        ("TOPPADDING", (0, 0), (-1, -1), _UPPER_PADDING),
        ("BOTTOMPADDING", (0, 0), (-1, -1), _LOWER_PADDING),
    ]


def _height(lines: int) -> float:
    return lines * _LEADING + _UPPER_PADDING + _LOWER_PADDING
