"""Facts in, PDF out: `render` checks every character, fills the template, sets the rows and draws
the seal.

Nothing here reads a clock, a network or a file besides fonts and templates: the same document gives
the same bytes. One document at a time in a process; a second core is a second process.
"""

from __future__ import annotations

import io
import threading
from dataclasses import dataclass
from typing import Any

from reportlab.platypus.flowables import KeepTogether

from services.receipt.rendering.document import Document
from services.receipt.rendering.fonts import FontSet
from services.receipt.rendering.markup import (
    QR_PLACE,
    ROWS_PLACE,
    SEAL_ACROSS,
    SEAL_PLACE,
    html_of,
    story_of,
)
from services.receipt.rendering.page import ACROSS, UPRIGHT, PagedDocument, Paper
from services.receipt.rendering.qr import QrDrawing
from services.receipt.rendering.rows import natural_width, rows_flowable
from services.receipt.rendering.seal import SealDrawing, SealFace, SealPlace

# reportlab and xhtml2pdf keep fonts and measurements in globals.
_one_at_a_time = threading.Lock()


@dataclass(frozen=True, slots=True)
class Rendered:
    """A finished PDF; `seal` is where a signature's field belongs, None when it was drawn without a
    seal."""

    pdf: bytes
    page_count: int
    seal: SealPlace | None


def render(document: Document, *, fonts: FontSet, seal: SealFace | None = None) -> Rendered:
    """Make the PDF of `document`, sealed on its last page if `seal` is given.

    Raises UnshowableText when no face shows some character, before anything is drawn.
    """
    _refuse_unshowable(document, seal=seal, fonts=fonts)
    paper = _paper_for(document)
    with _one_at_a_time:
        return _render(document, fonts=fonts, seal=seal, paper=paper)


def _render(document: Document, *, fonts: FontSet, seal: SealFace | None, paper: Paper) -> Rendered:
    author = seal.centre_name if seal else document.branch_name
    html = html_of(document, sealed=seal is not None, centre_name=author)
    drawing = (
        SealDrawing(seal, fonts=fonts, across=paper.content_width * SEAL_ACROSS) if seal else None
    )
    story = _story(html, document, paper=paper, fonts=fonts, drawing=drawing)
    target = io.BytesIO()
    pages = PagedDocument(target, document=document, fonts=fonts, paper=paper, author=author)
    pages.build(story)
    return Rendered(
        pdf=target.getvalue(),
        page_count=pages.canv.page_count,
        seal=drawing.place if drawing else None,
    )


def _story(
    html: str, document: Document, *, paper: Paper, fonts: FontSet, drawing: SealDrawing | None
) -> list[Any]:
    """The page's flowables, rows and seal in their places; what follows the rows stays together."""
    before: list[Any] = []
    after: list[Any] = []
    part = before
    for flowable in story_of(html, page_size=(paper.width, paper.height)):
        place = getattr(flowable, "text", "").strip()
        if place == ROWS_PLACE:
            if document.table is not None:
                part = after
        elif place == QR_PLACE:
            part.append(QrDrawing(document.verification_url or document.verification_code))
        elif place == SEAL_PLACE:
            if drawing is not None:
                part.append(drawing)
        else:
            part.append(flowable)
    if document.table is None:
        return before
    rows = rows_flowable(
        document.table,
        width=paper.content_width,
        page_height=paper.content_height,
        fonts=fonts,
        closing=after,
    )
    return [*before, rows, KeepTogether(after)]


def _paper_for(document: Document) -> Paper:
    table = document.table
    return ACROSS if table and natural_width(table) > UPRIGHT.content_width else UPRIGHT


def _refuse_unshowable(document: Document, *, seal: SealFace | None, fonts: FontSet) -> None:
    for path, text in document.texts():
        fonts.refuse_unshowable(path, text)
    for index, row in enumerate(document.table.rows if document.table else ()):
        for cell in row:
            fonts.refuse_unshowable(f"table.rows[{index}]", cell)
    for text in (seal.centre_name, seal.purpose, seal.number) if seal else ():
        fonts.refuse_unshowable("seal", text)
