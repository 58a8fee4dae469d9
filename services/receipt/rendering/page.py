"""The page around the content: margins, running head, foot with page x of y, and the mark across a
reversed receipt.

The number of pages is known only at the end, so each page is kept open until the document is closed
and gets its foot then; laying the document out twice for it would double the time.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date
from typing import Any

from reportlab.lib.colors import Color, HexColor
from reportlab.lib.pagesizes import A4, landscape, portrait
from reportlab.lib.units import mm
from reportlab.lib.utils import TimeStamp
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Frame, PageTemplate
from xhtml2pdf.xhtml2pdf_reportlab import PmlBaseDoc

from services.receipt.rendering.document import Align, Document
from services.receipt.rendering.flow import draw_line
from services.receipt.rendering.fonts import EMBEDDED, REGULAR, FontSet

_SIDE_MARGIN = 17 * mm
_UPPER_MARGIN = 16 * mm
_LOWER_MARGIN = 19 * mm

_SMALL = 8.0
_GREY = HexColor("#505050")
_MARK_SIZE_MAX = 96.0
_MARK_COLOUR = Color(0.85, 0.1, 0.1, alpha=0.13)


@dataclass(frozen=True, slots=True)
class Paper:
    """A4 upright or across."""

    width: float
    height: float

    @property
    def content_width(self) -> float:
        return float(self.width - 2 * _SIDE_MARGIN)

    @property
    def content_height(self) -> float:
        return float(self.height - _UPPER_MARGIN - _LOWER_MARGIN)


UPRIGHT = Paper(*portrait(A4))
ACROSS = Paper(*landscape(A4))


class PagedCanvas(Canvas):
    """A canvas that draws the foot of every page once it knows how many there are."""

    def __init__(
        self, filename: Any, *, document: Document, fonts: FontSet, **options: Any
    ) -> None:
        super().__init__(filename, **options)
        self._document = document
        self._fonts = fonts
        self._open_pages: list[dict[str, Any]] = []
        # The file's date is the day of the business: nothing in it may depend on when it was made.
        self._doc._timeStamp = _start_of(document.business_date)

    def setFont(self, psfontname: str, size: float, leading: float | None = None) -> None:
        """Only embedded faces: reportlab's default, set for empty cells, becomes the regular one."""
        super().setFont(psfontname if psfontname in EMBEDDED else REGULAR, size, leading)

    def showPage(self) -> None:
        self._open_pages.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        open_pages = self._open_pages
        for number, state in enumerate(open_pages, start=1):
            self.__dict__.update(state)
            self._draw_surroundings(number, len(open_pages))
            super().showPage()
        self._open_pages = open_pages
        super().save()

    @property
    def page_count(self) -> int:
        return len(self._open_pages)

    def _draw_surroundings(self, number: int, count: int) -> None:
        document = self._document
        width, height = self._pagesize
        left, right = _SIDE_MARGIN, width - _SIDE_MARGIN
        if number > 1:
            self._small(document.title, left, height - 11 * mm, Align.LEFT)
            if document.registration_no:
                self._small(
                    f"登记号：{document.registration_no}", right, height - 11 * mm, Align.RIGHT
                )
        self.setStrokeColor(_GREY)
        self.setLineWidth(0.4)
        self.line(left, 15 * mm, right, 15 * mm)
        # What is only looked up is neither verified nor counted.
        if document.verification_code:
            self._small(_proof(document), left, 11 * mm, Align.LEFT)
            self._small(f"打印次数：{document.print_count}", right, 11 * mm, Align.RIGHT)
        self._small(f"第 {number} 页 / 共 {count} 页", width / 2, 6.5 * mm, Align.CENTRE)
        if document.mark:
            self._draw_mark(document.mark)

    def _small(self, text: str, x: float, y: float, align: Align) -> None:
        draw_line(self, text, at=(x, y), size=_SMALL, fonts=self._fonts, align=align, colour=_GREY)

    def _draw_mark(self, mark: str) -> None:
        width, height = self._pagesize
        room = 0.8 * min(width, height)
        size = min(_MARK_SIZE_MAX, room / self._fonts.width(mark, 1.0, bold=True))
        self.saveState()
        self.translate(width / 2, height / 2)
        self.rotate(30)
        draw_line(
            self,
            mark,
            at=(0, -size / 3),
            size=size,
            fonts=self._fonts,
            align=Align.CENTRE,
            bold=True,
            colour=_MARK_COLOUR,
        )
        self.restoreState()


class PagedDocument(PmlBaseDoc):
    """xhtml2pdf's document on our paper and canvas; nothing in it changes from run to run."""

    def __init__(
        self, target: Any, *, document: Document, fonts: FontSet, paper: Paper, author: str
    ) -> None:
        super().__init__(
            target,
            pagesize=(paper.width, paper.height),
            title=document.title,
            author=author,
            subject=f"{document.registration_no} {_code_mark(document)}".strip(),
            keywords=_code_mark(document),
            creator="hpf hall",
            lang="zh-CN",
            invariant=1,
            initialFontName=REGULAR,
        )
        self._document = document
        self._fonts = fonts
        frame = Frame(
            _SIDE_MARGIN,
            _LOWER_MARGIN,
            paper.content_width,
            paper.content_height,
            leftPadding=0,
            rightPadding=0,
            topPadding=0,
            bottomPadding=0,
        )
        self.addPageTemplates([PageTemplate(id="page", frames=[frame])])

    def _makeCanvas(self, filename: Any = None, canvasmaker: Any = None) -> Canvas:
        def paged(target: Any, **options: Any) -> PagedCanvas:
            return PagedCanvas(target, document=self._document, fonts=self._fonts, **options)

        # Not PmlBaseDoc's: it insists on a canvas for print shops' crop marks.
        return super(PmlBaseDoc, self)._makeCanvas(filename=filename, canvasmaker=paged)


def _code_mark(document: Document) -> str:
    """By this a file that was altered is still known for what it was. Readers of it: `domain.codes_in_file`."""
    return f"code:{document.verification_code}" if document.verification_code else ""


def _proof(document: Document) -> str:
    code = f"验证码：{document.verification_code}"
    return f"{code}　核验：{document.verification_url}" if document.verification_url else code


def _start_of(day: date) -> TimeStamp:
    stamp = TimeStamp(invariant=1)
    stamp.lt = day.timetuple()
    stamp.t = calendar.timegm(stamp.lt)
    stamp.YMDhms = tuple(stamp.lt)[:6]
    # Midnight in China.
    stamp.dhh, stamp.dmm, stamp.tzname = 8, 0, "CST"
    return stamp
