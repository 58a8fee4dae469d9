"""The verification code as a QR code, drawn as one path of dark runs.

reportlab's encoder makes the pattern; its own widget would encode it twice and make an object of
every run, which costs as much as the rest of a small receipt.
"""

from __future__ import annotations

from itertools import groupby

from reportlab.graphics.barcode.qrencoder import QRCode, QRErrorCorrectLevel
from reportlab.lib.units import mm
from reportlab.platypus.flowables import Flowable

SIDE = 19 * mm
# White around the code, without which scanners do not find it.
_QUIET = 2 * mm


class QrDrawing(Flowable):
    """Draws the code above the place where the flow has arrived, at the right edge."""

    _ZEROSIZE = 1

    def __init__(self, content: str) -> None:
        super().__init__()
        code = QRCode(None, QRErrorCorrectLevel.M)
        code.addData(content)
        code.make()
        self._modules: list[list[bool]] = [[bool(module) for module in row] for row in code.modules]

    def wrap(self, availWidth: float, availHeight: float) -> tuple[float, float]:
        self.width = availWidth
        return availWidth, 0

    def draw(self) -> None:
        module = SIDE / len(self._modules)
        left, top = self.width - SIDE, SIDE + _QUIET
        path = self.canv.beginPath()
        for row_number, row in enumerate(self._modules, start=1):
            column = 0
            for dark, run in groupby(row):
                length = len(list(run))
                if dark:
                    x, y = left + column * module, top - row_number * module
                    path.rect(x, y, length * module, module)
                column += length
        self.canv.drawPath(path, stroke=0, fill=1)
