"""Every kind of document at 1, 100 and 2000 rows: what other programs read in it equals the facts."""

from __future__ import annotations

import io
import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pypdf import PdfReader
from reportlab.lib.units import mm

from services.receipt.rendering.document import Column, Document, DocumentKind, Table
from services.receipt.rendering.fonts import FontSet
from services.receipt.rendering.qr import SIDE
from services.receipt.rendering.render import render
from tests.conformance.documents.conftest import run_poppler
from tests.conformance.documents.sample_parts import SEAL
from tests.conformance.documents.samples import SAMPLES

TextOf = Callable[[bytes], list[str]]


def squeezed(*texts: str) -> str:
    return "".join("".join(texts).split())


def drawn_texts(document: Document) -> Iterator[str]:
    """The texts of a document in the order of the paper, rows and totals included."""
    yield document.title
    for field in document.fields:
        yield squeezed(field.label, field.value)
    for row in document.table.rows if document.table else ():
        yield squeezed(*row)
    for total in document.totals:
        yield squeezed(total.label, total.value)
        if total.words:
            yield squeezed("大写", total.words)
    for note in document.notes:
        yield squeezed("备注：", note)


def without_surroundings(pages: list[str], document: Document) -> str:
    """The pages as one text, without heads, feet and repeated column titles."""
    columns = document.table.columns if document.table else ()
    grouped = [group for group, _ in itertools.groupby(column.group for column in columns)]
    heads = {
        squeezed(*(column.title for column in columns)),
        squeezed(*(group for group in grouped if group)),
    }
    text = ""
    for page in pages:
        body = re.split(r"验证码：|第\d+页/共", page)[0]
        for head in heads - {""}:
            body = body.replace(head, "")
        text += body
    return text


@pytest.mark.parametrize("count", [1, 100, 2000])
@pytest.mark.parametrize("kind", DocumentKind)
def test_text_equals_the_facts_in_order(
    kind: DocumentKind, count: int, fonts: FontSet, text_of: TextOf
) -> None:
    document = SAMPLES[kind](count)

    rendered = render(document, fonts=fonts, seal=SEAL)

    pages = text_of(rendered.pdf)
    text = without_surroundings(pages, document)
    position = 0
    for expected in drawn_texts(document):
        found = text.find(expected, position)
        assert found >= 0, f"missing or out of order: {expected}"
        position = found + len(expected)
    assert len(pages) == rendered.page_count
    for number, page in enumerate(pages, start=1):
        assert f"第{number}页/共{len(pages)}页" in page
        if document.verification_code:
            assert f"验证码：{document.verification_code}" in page
            assert "打印次数：1" in page
        else:
            assert "打印次数" not in page, "prints of queries are not counted"


@pytest.mark.parametrize("kind", DocumentKind)
def test_every_face_is_embedded_as_a_subset(
    kind: DocumentKind, fonts: FontSet, tmp_path: Path
) -> None:
    pdf = render(SAMPLES[kind](3), fonts=fonts, seal=SEAL).pdf

    (tmp_path / "faces.pdf").write_bytes(pdf)
    listed = run_poppler("pdffonts", tmp_path / "faces.pdf").stdout.decode().splitlines()[2:]
    assert listed
    for line in listed:  # name, type, encoding, embedded, subset, text map, object
        assert line.split()[-5:-2] == ["yes", "yes", "yes"], line

    faces = {
        face["/BaseFont"]: face["/FontDescriptor"]
        for page in PdfReader(io.BytesIO(pdf)).pages
        for face in (each.get_object() for each in page["/Resources"]["/Font"].values())
    }

    assert faces
    for name, descriptor in faces.items():
        assert name[7] == "+", f"{name} is not a subset"
        assert "/FontFile2" in descriptor.get_object(), f"{name} is not embedded"


def test_pages_of_1_100_and_2000_new_accounts(fonts: FontSet) -> None:
    pages = [
        render(SAMPLES[DocumentKind.OPEN_ACCOUNTS](count), fonts=fonts, seal=SEAL).page_count
        for count in (1, 100, 2000)
    ]

    assert pages == [1, 5, 87]


def test_column_titles_are_repeated_on_every_page_with_rows(
    fonts: FontSet, text_of: TextOf
) -> None:
    document = SAMPLES[DocumentKind.BASE_CHANGE](100)

    pages = text_of(render(document, fonts=fonts).pdf)

    assert len(pages) == 4
    for page in pages:
        assert page.count("调整前调整后") == 1
        assert page.count("缴存基数缴存基数月缴存额") == 1


def test_totals_and_seal_never_stand_on_a_page_without_rows(
    fonts: FontSet, text_of: TextOf
) -> None:
    # Around the ends of the first two pages, where closing and rows no longer fit together.
    for count in (*range(14, 32), *range(50, 68)):
        document = SAMPLES[DocumentKind.BASE_CHANGE](count)
        table = document.table
        assert table is not None

        rendered = render(document, fonts=fonts, seal=SEAL)

        pages = text_of(rendered.pdf)
        assert f"调整人数{count}人" in pages[-1]
        assert table.rows[-1][0] in pages[-1]
        assert sum(page.count(row[0]) for page in pages for row in table.rows) == count
        assert all(table.rows[0][0][:4] in page for page in pages), "a page without rows"
        assert rendered.seal is not None
        assert rendered.seal.page == len(pages)


@pytest.mark.parametrize("characters", [1, 100, 118, 154, 199])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_rows_as_high_as_a_page_lose_nothing(
    characters: int, count: int, fonts: FontSet, text_of: TextOf
) -> None:
    rows = [["甲" * characters, f"第{number}行"] for number in range(count)]
    table = Table((Column("窄", 20), Column("宽", 150)), rows)
    document = replace(SAMPLES[DocumentKind.SEAL](1), table=table)

    pages = text_of(render(document, fonts=fonts, seal=SEAL).pdf)

    assert len(pages) <= count
    assert "".join(pages).count("甲") == characters * count
    assert "第0行" in pages[0]
    assert f"第{count - 1}行" in pages[-1]


def test_later_pages_name_the_document_they_belong_to(fonts: FontSet, text_of: TextOf) -> None:
    document = SAMPLES[DocumentKind.OPEN_ACCOUNTS](100)

    for page in text_of(render(document, fonts=fonts).pdf)[1:]:
        assert "登记号：2020042400000123" in page
        assert document.title in page


def test_an_empty_table_says_so(fonts: FontSet, text_of: TextOf) -> None:
    pages = text_of(render(SAMPLES[DocumentKind.PEOPLE_LIST](0), fonts=fonts).pdf)

    assert "无记录" in pages[0]


def test_wide_tables_lie_across_and_narrow_ones_stand(fonts: FontSet) -> None:
    wide = render(SAMPLES[DocumentKind.OPEN_ACCOUNTS](1), fonts=fonts).pdf
    narrow = render(SAMPLES[DocumentKind.TRANSFER](1), fonts=fonts).pdf

    boxes = [PdfReader(io.BytesIO(pdf)).pages[0].mediabox for pdf in (wide, narrow)]
    assert [(round(box.width), round(box.height)) for box in boxes] == [(842, 595), (595, 842)]


def test_the_seal_is_on_the_last_page_and_on_the_paper(fonts: FontSet) -> None:
    rendered = render(SAMPLES[DocumentKind.OPEN_ACCOUNTS](100), fonts=fonts, seal=SEAL)

    seal = rendered.seal
    assert seal is not None
    assert seal.page == rendered.page_count == 5
    assert 0 < seal.left < seal.right < 842
    assert 0 < seal.bottom < seal.top < 595


def test_without_a_seal_nothing_is_sealed(fonts: FontSet, text_of: TextOf) -> None:
    rendered = render(SAMPLES[DocumentKind.PEOPLE_LIST](1), fonts=fonts)

    assert rendered.seal is None
    assert "业务专用章" not in "".join(text_of(rendered.pdf))


@pytest.mark.parametrize(
    "kind",
    [
        DocumentKind.REMITTANCE,
        DocumentKind.TRANSFER,
        DocumentKind.OPEN_ACCOUNTS,
        DocumentKind.CONTRIBUTION_CERTIFICATE,
    ],
)
def test_long_names_stay_clear_of_the_qr_code(
    kind: DocumentKind, fonts: FontSet, tmp_path: Path
) -> None:
    name = "古丽米热·买买提艾力·阿卜杜热西提·吐尔逊江"
    long = replace(SAMPLES[kind](1), agent_name=name, employer_name=name * 4, branch_name=name * 2)
    paper = tmp_path / "long.pdf"
    paper.write_bytes(render(long, fonts=fonts, seal=SEAL).pdf)

    boxes = run_poppler("pdftotext", "-bbox", paper, "-").stdout.decode()

    words = [
        (float(left), float(top), float(right), text)
        for left, top, right, text in re.findall(
            r'<word xMin="(.+?)" yMin="(.+?)" xMax="(.+?)" yMax=".+?">(.*?)</word>', boxes
        )
    ]
    width = float(re.search(r'<page width="(.+?)"', boxes)[1])  # type: ignore[index]  # one page
    code_left = width - 17 * mm - SIDE
    begins = min(top for _, top, _, text in words if "账号：" in text or "编号：" in text)
    [ends] = {top for _, top, _, text in words if text.startswith("经办人：")}
    head = [text for _, top, right, text in words if begins <= top <= ends and right > code_left]
    assert head == []
