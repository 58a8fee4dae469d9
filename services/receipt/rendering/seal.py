"""The centre's round red seal, drawn as vectors: a ring, the centre's name on an arc, a star, the
purpose below it.

The drawing is what people look for; the proof that nobody changed the file is the signature of
`signing.py`, whose field lies over it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from reportlab.lib.colors import Color
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus.flowables import Flowable

from services.receipt.rendering.document import Align
from services.receipt.rendering.flow import draw_line
from services.receipt.rendering.fonts import FontSet

# 42 mm is the size of the seals of a city's institutions.
DIAMETER = 42 * mm
# A little light, so that what the seal covers stays readable, as with ink.
_RED = Color(0.84, 0.09, 0.09, alpha=0.85)

_RING_WIDTH = 1.2 * mm
_STAR_RADIUS = 6.4 * mm
_NAME_SIZE_MAX = 14.5
# The name stands on at most this part of the ring; longer names get smaller letters.
_NAME_ARC = math.radians(222)
_PURPOSE_SIZE = 10.5
_NUMBER_SIZE = 5.6
_NUMBER_ARC = math.radians(74)


@dataclass(frozen=True, slots=True)
class SealFace:
    """What is cut into the seal: the centre's name, `业务专用章`, the seal's registered number."""

    centre_name: str
    purpose: str = "业务专用章"
    number: str = ""


@dataclass(frozen=True, slots=True)
class SealPlace:
    """Where the seal was drawn: page (from 1) and its box in points from the lower left corner."""

    page: int
    left: float
    bottom: float
    right: float
    top: float


class SealDrawing(Flowable):
    """Draws the seal on what stands above it: its middle `across` points from the left, its foot
    where the flow is."""

    _ZEROSIZE = 1

    def __init__(self, face: SealFace, *, fonts: FontSet, across: float) -> None:
        super().__init__()
        self._face = face
        self._fonts = fonts
        self._across = across
        self.place: SealPlace | None = None

    def wrap(self, availWidth: float, availHeight: float) -> tuple[float, float]:
        self.width = availWidth
        return availWidth, 0

    def draw(self) -> None:
        radius = DIAMETER / 2
        x, y = self._across, radius
        draw_seal(self.canv, self._face, centre=(x, y), fonts=self._fonts)
        left, bottom = self.canv.absolutePosition(x - radius, y - radius)
        self.place = SealPlace(
            page=self.canv.getPageNumber(),
            left=left,
            bottom=bottom,
            right=left + DIAMETER,
            top=bottom + DIAMETER,
        )


def draw_seal(
    canvas: Canvas, face: SealFace, *, centre: tuple[float, float], fonts: FontSet
) -> None:
    """Draw the seal around `centre`."""
    radius = DIAMETER / 2
    canvas.saveState()
    canvas.translate(*centre)
    canvas.setStrokeColor(_RED)
    canvas.setFillColor(_RED)
    canvas.setLineWidth(_RING_WIDTH)
    canvas.circle(0, 0, radius - _RING_WIDTH / 2, stroke=1, fill=0)
    _draw_star(canvas)
    _draw_name(canvas, face.centre_name, fonts=fonts)
    _level_line(canvas, face.purpose, y=-radius * 0.56, size=_PURPOSE_SIZE, fonts=fonts)
    _draw_number(canvas, face.number, fonts=fonts)
    canvas.restoreState()


def _draw_star(canvas: Canvas) -> None:
    inner = _STAR_RADIUS * math.sin(math.radians(18)) / math.sin(math.radians(54))
    path = canvas.beginPath()
    for corner in range(10):
        angle = math.radians(90 + 36 * corner)
        reach = inner if corner % 2 else _STAR_RADIUS
        point = (reach * math.cos(angle), reach * math.sin(angle))
        (path.lineTo if corner else path.moveTo)(*point)
    path.close()
    canvas.drawPath(path, stroke=0, fill=1)


def _draw_name(canvas: Canvas, name: str, *, fonts: FontSet) -> None:
    if not name:
        return
    radius = DIAMETER / 2
    # Letters may touch but not overlap at the foot, which stands on the smaller circle.
    size = min(_NAME_SIZE_MAX, _NAME_ARC * radius * 0.62 / len(name))
    base = radius - 2.2 * _RING_WIDTH - size
    step = _NAME_ARC / len(name)
    first = math.pi / 2 + step * (len(name) - 1) / 2
    for index, character in enumerate(name):
        _letter(canvas, character, angle=first - index * step, base=base, size=size, fonts=fonts)


def _letter(
    canvas: Canvas, character: str, *, angle: float, base: float, size: float, fonts: FontSet
) -> None:
    """One letter standing on the circle of radius `base`, its head outwards."""
    canvas.saveState()
    canvas.rotate(math.degrees(angle) - 90)
    at = (0.0, base + size * 0.12)
    draw_line(
        canvas, character, at=at, size=size, fonts=fonts, align=Align.CENTRE, bold=True, colour=_RED
    )
    canvas.restoreState()


def _level_line(canvas: Canvas, text: str, *, y: float, size: float, fonts: FontSet) -> None:
    draw_line(
        canvas, text, at=(0, y), size=size, fonts=fonts, align=Align.CENTRE, bold=True, colour=_RED
    )


def _draw_number(canvas: Canvas, number: str, *, fonts: FontSet) -> None:
    """The registered number on the lower arc, its digits' heads inwards."""
    if not number:
        return
    base = DIAMETER / 2 - 1.8 * _RING_WIDTH
    step = _NUMBER_ARC / len(number)
    first = -math.pi / 2 - step * (len(number) - 1) / 2
    for index, digit in enumerate(number):
        canvas.saveState()
        canvas.rotate(math.degrees(first + index * step) + 90)
        at = (0.0, -base)
        draw_line(
            canvas, digit, at=at, size=_NUMBER_SIZE, fonts=fonts, align=Align.CENTRE, colour=_RED
        )
        canvas.restoreState()
