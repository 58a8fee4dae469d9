"""Text of mixed faces as reportlab flowables: broken into lines as Chinese is, drawn run by run.

Words of Latin letters and digits stay whole when they fit a line, so that account numbers break
only when they must.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from reportlab.lib.colors import Color, black
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus.flowables import Flowable

from services.receipt.rendering.document import Align
from services.receipt.rendering.fonts import FontSet

_WORDS = re.compile(r"[!-~]+|.", re.DOTALL)
# Closing punctuation never begins a line.
_NEVER_FIRST = frozenset("，。、；：！？）》」』】”’%）")


def break_lines(
    text: str, width: float, size: float, *, fonts: FontSet, bold: bool = False
) -> list[str]:
    """Cut one text into lines of at most `width` points; at least one line, which may be empty."""
    if fonts.width(text, size, bold=bold) <= width:
        return [text]
    lines: list[str] = []
    line, used = "", 0.0
    for word, word_width in _fitting_words(text, width, size, fonts=fonts, bold=bold):
        if line and used + word_width > width and word not in _NEVER_FIRST:
            lines.append(line)
            line, used = "", 0.0
        line += word
        used += word_width
    return [*lines, line]


def _fitting_words(
    text: str, width: float, size: float, *, fonts: FontSet, bold: bool
) -> Iterator[tuple[str, float]]:
    for word in _WORDS.findall(text):
        word_width = fonts.width(word, size, bold=bold)
        if word_width <= width:
            yield word, word_width
        else:
            for character in word:
                yield character, fonts.width(character, size, bold=bold)


def draw_line(
    canvas: Canvas,
    text: str,
    *,
    at: tuple[float, float],
    size: float,
    fonts: FontSet,
    align: Align = Align.LEFT,
    bold: bool = False,
    colour: Color = black,
) -> None:
    """Draw one line of text from `at` to the right, around `at`, or from `at` to the left."""
    x, y = at
    if align is not Align.LEFT:
        width = fonts.width(text, size, bold=bold)
        x -= width if align is Align.RIGHT else width / 2
    canvas.saveState()
    canvas.setFillColor(colour)
    for font, run in fonts.runs(text, bold=bold):
        canvas.setFont(font.fontName, size)
        canvas.drawString(x, y, run)
        x += font.stringWidth(run, size)
    canvas.restoreState()


class MixedLines(Flowable):
    """Lines already broken, of which one at least needs more than one face: the content of a table
    cell."""

    def __init__(
        self,
        lines: list[str],
        *,
        size: float,
        leading: float,
        fonts: FontSet,
        align: Align,
        bold: bool = False,
    ) -> None:
        super().__init__()
        self._lines = lines
        self._size = size
        self._leading = leading
        self._fonts = fonts
        self._align = align
        self._bold = bold

    def wrap(self, availWidth: float, availHeight: float) -> tuple[float, float]:
        self.width = availWidth
        self.height = self._leading * len(self._lines)
        return self.width, self.height

    def draw(self) -> None:
        x = {Align.LEFT: 0.0, Align.CENTRE: self.width / 2, Align.RIGHT: self.width}[self._align]
        # reportlab sets the base line of a table's plain texts at this height, so both kinds of
        # cell line up.
        y = self.height - self._size
        for line in self._lines:
            draw_line(
                self.canv,
                line,
                at=(x, y),
                size=self._size,
                fonts=self._fonts,
                align=self._align,
                bold=self._bold,
            )
            y -= self._leading
