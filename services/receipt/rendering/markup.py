"""From facts to HTML by the template of the document's kind, and from HTML to reportlab's story by
xhtml2pdf.

Facts are text: autoescape turns every `<` and `&` in them into characters. The page needs no file
and no network, so none is allowed; and xhtml2pdf's log, which quotes names and id numbers, goes
nowhere.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from xhtml2pdf.config.resources import ResourceAccessPolicy
from xhtml2pdf.context import pisaContext
from xhtml2pdf.document import pisaStory

from services.receipt.rendering.document import Document, Field
from services.receipt.rendering.fonts import FALLBACK, REGULAR

TEMPLATES = Path(__file__).parent.parent / "templates"

# Private-use characters, which no fact may contain (`FontSet.shows` is false for them): a paragraph
# of one of these and nothing else is a place in the template.
ROWS_PLACE = "\ue001"
SEAL_PLACE = "\ue002"
QR_PLACE = "\ue003"

# How far across the page the middle of the signing place is (`table.closing` of the layout): the
# seal goes there.
SEAL_ACROSS = 0.81

# Far above the 0.04 s of a page of fields; a template that loops is stopped.
_MARKUP_SECONDS_MAX = 20
_POLICY = ResourceAccessPolicy.server(
    None, allow_remote=False, max_render_seconds=_MARKUP_SECONDS_MAX
)

# Above every level: not even a handler of somebody else's gets to see a fact.
logging.getLogger("xhtml2pdf").setLevel(logging.CRITICAL + 1)


class MarkupFailed(RuntimeError):
    """xhtml2pdf counted errors; their texts quote the facts and are not repeated."""


def html_of(document: Document, *, sealed: bool, centre_name: str) -> str:
    """The page's HTML, with the places of the rows and of the seal still empty."""
    template = _environment().get_template(f"{document.kind}.html")
    return template.render(
        document=document,
        field_rows=pairs(document.fields),
        count_rows=pairs(
            [Field(each.label, each.value) for each in document.totals if not each.words]
        ),
        sum_rows=_sum_rows(document),
        sealed=sealed,
        centre_name=centre_name,
        rows_place=ROWS_PLACE,
        seal_place=SEAL_PLACE,
        qr_place=QR_PLACE,
    )


def story_of(html: str, *, page_size: tuple[float, float]) -> list[Any]:
    """Lay the HTML out as flowables. Raises MarkupFailed."""
    context = pisaContext()
    context.resource_policy = _POLICY
    context.pageSize = context.bodyPageSize = page_size
    context.fontList[REGULAR.lower()] = REGULAR
    context.fontList[FALLBACK.lower()] = FALLBACK
    pisaStory(html, context=context)
    if context.err:
        raise MarkupFailed(f"xhtml2pdf counted {context.err} errors")
    return list(context.story)


def pairs(fields: Sequence[Field]) -> list[list[Field]]:
    """Two fields to a row; a wide one, and one that has no neighbour, takes a row for itself."""
    rows: list[list[Field]] = []
    for each in fields:
        if rows and len(rows[-1]) == 1 and not rows[-1][0].wide and not each.wide:
            rows[-1].append(each)
        else:
            rows.append([each])
    return rows


def _sum_rows(document: Document) -> list[list[Field]]:
    """Each sum of money with its words in a row."""
    return [
        [Field(each.label, each.value), Field("大写", each.words)]
        for each in document.totals
        if each.words
    ]


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
