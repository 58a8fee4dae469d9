"""The rows of a document as one reportlab LongTable: the head repeated on each page, every height
known beforehand.

Cells are plain strings where the regular face shows them, which is what makes 2000 rows cheap; only
a cell with a rare character becomes a flowable.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.lib.units import mm
from reportlab.platypus.tables import LongTable, TableStyle

from services.receipt.rendering.document import Align, Column, Table
from services.receipt.rendering.flow import MixedLines, break_lines
from services.receipt.rendering.fonts import BOLD, REGULAR, FontSet

LINE_COLOUR = HexColor("#404040")
HEAD_COLOUR = HexColor("#EDEDED")
NO_ROWS = "无记录"

_SIZE = 8.5
_LEADING = 11.0
_SIDE_PADDING = 3.5
_UPPER_PADDING = 3.0
_LOWER_PADDING = 4.0
_LINE_WIDTH = 0.5

_Cell = str | MixedLines
_Command = tuple[Any, ...]


def rows_flowable(table: Table, *, width: float, fonts: FontSet) -> LongTable:
    """The table over the full `width` in points, its columns in the proportions of their widths."""
    widths = [width * column.width_mm / table.width_mm for column in table.columns]
    head, head_heights, head_style = _head(table.columns, widths, fonts=fonts)
    body = [_row(row, table.columns, widths, fonts=fonts) for row in table.rows]
    style = [
        *_common_style(len(head)),
        *head_style,
        *_alignments(table.columns, first_row=len(head)),
    ]
    if not body:
        body = [([NO_ROWS] + [""] * (len(widths) - 1), 1)]
        style += [("SPAN", (0, -1), (-1, -1)), ("ALIGN", (0, -1), (-1, -1), Align.CENTRE)]
    return LongTable(
        [*head, *(cells for cells, _ in body)],
        colWidths=widths,
        rowHeights=[*head_heights, *(_height(lines) for _, lines in body)],
        repeatRows=len(head),
        style=TableStyle(style),
        spaceBefore=0,
        spaceAfter=0,
    )


def natural_width(table: Table) -> float:
    """The width in points that the columns ask for."""
    return float(table.width_mm * mm)


def _row(
    row: Sequence[str], columns: Sequence[Column], widths: Sequence[float], *, fonts: FontSet
) -> tuple[list[_Cell], int]:
    cells: list[_Cell] = []
    tallest = 1
    for text, column, width in zip(row, columns, widths, strict=True):
        lines = break_lines(text, width - 2 * _SIDE_PADDING, _SIZE, fonts=fonts)
        tallest = max(tallest, len(lines))
        cells.append(_cell(lines, fonts=fonts, align=column.align))
    return cells, tallest


def _cell(lines: list[str], *, fonts: FontSet, align: Align, bold: bool = False) -> _Cell:
    if all(fonts.all_in_main(line) for line in lines):
        return "\n".join(lines)
    return MixedLines(lines, size=_SIZE, leading=_LEADING, fonts=fonts, align=align, bold=bold)


def _head(
    columns: Sequence[Column], widths: Sequence[float], *, fonts: FontSet
) -> tuple[list[list[_Cell]], list[float], list[_Command]]:
    titles = [
        break_lines(column.title, width - 2 * _SIDE_PADDING, _SIZE, fonts=fonts, bold=True)
        for column, width in zip(columns, widths, strict=True)
    ]
    title_row = [_head_cell(lines, fonts=fonts) for lines in titles]
    title_height = _height(max(map(len, titles)))
    if not any(column.group for column in columns):
        return [title_row], [title_height], []
    group_row = [
        _head_cell([column.group], fonts=fonts) if column.group else title
        for column, title in zip(columns, title_row, strict=True)
    ]
    ungrouped_blank = [
        title if column.group else "" for column, title in zip(columns, title_row, strict=True)
    ]
    return [group_row, ungrouped_blank], [_height(1), title_height], _spans(columns)


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


def _common_style(head_rows: int) -> list[_Command]:
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


def _alignments(columns: Sequence[Column], *, first_row: int) -> list[_Command]:
    return [
        ("ALIGN", (index, first_row), (index, -1), column.align)
        for index, column in enumerate(columns)
        if column.align is not Align.LEFT
    ]


def _height(lines: int) -> float:
    return lines * _LEADING + _UPPER_PADDING + _LOWER_PADDING
