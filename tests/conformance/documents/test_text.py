"""Characters on paper: rare ones are shown, impossible ones stop the render, markup is only text."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from services.receipt.rendering.document import (
    Column,
    Document,
    DocumentKind,
    DocumentTooLarge,
    Field,
    Table,
    Total,
)
from services.receipt.rendering.flow import break_lines
from services.receipt.rendering.fonts import FontSet, UnshowableText
from services.receipt.rendering.render import render
from services.receipt.rendering.seal import SealFace
from tests.conformance.documents.sample_parts import RARE, SEAL, sample
from tests.conformance.documents.samples import SAMPLES

TextOf = Callable[[bytes], list[str]]


def everywhere(text: str) -> Document:
    """A document with `text` in every place that a person's or employer's words can reach."""
    return replace(
        sample(DocumentKind.TRANSFER),
        employer_name=text,
        branch_name=text,
        agent_name=text,
        statement=text,
        fields=[Field(text, text), Field("宽", text, wide=True)],
        table=Table([Column(text, 40), Column("乙", 40)], [[text, "乙"], ["甲", text]]),
        totals=[Total(text, text, text)],
        notes=[text],
        mark=text,
    )


def test_rare_characters_are_shown_and_read_back_everywhere(
    fonts: FontSet, text_of: TextOf
) -> None:
    document = replace(everywhere(RARE), title=RARE)

    text = "".join(text_of(render(document, fonts=fonts, seal=SEAL).pdf))

    # title, employer, branch, agent, statement, 3 in fields, column, 2 cells, 3 in totals, note, mark
    assert text.count(RARE) == 16


def test_a_rare_character_is_drawn_by_the_face_that_has_it(fonts: FontSet) -> None:
    runs = [(font.fontName, run) for font, run in fonts.runs("孙𠮷 明")]

    assert runs == [("HallSerif", "孙"), ("HallFallback", "𠮷 "), ("HallSerif", "明")]


@pytest.mark.parametrize("bold", [False, True])
def test_figures_have_one_width_so_that_amounts_line_up(bold: bool, fonts: FontSet) -> None:
    widths = {fonts.width(figure, 10.0, bold=bold) for figure in "0123456789"}

    assert widths == {5.0}
    assert fonts.width("1,111.11", 10.0, bold=bold) == fonts.width("9,876.54", 10.0, bold=bold)


@pytest.mark.parametrize(
    ("character", "code_point"),
    [
        ("\U0003fffd", "U+3FFFD"),
        ("\U000f0000", "U+F0000"),
        ("\ue001", "U+E001"),
        ("\u200b", "U+200B"),
        ("\u202e", "U+202E"),
        ("\n", "U+000A"),
        ("\x00", "U+0000"),
        ("\u3164", "U+3164"),
        ("😀", "U+1F600"),
    ],
)
def test_a_character_that_no_face_shows_stops_the_render(
    character: str, code_point: str, fonts: FontSet
) -> None:
    document = SAMPLES[DocumentKind.SEAL](1)
    rows = [("1", f"张{character}三", "2", "3", "4", "5")]
    bad = replace(document, table=replace(document.table, rows=rows))

    with pytest.raises(UnshowableText) as refused:
        render(bad, fonts=fonts)

    assert str(refused.value) == f"no face shows {code_point} in table.rows[0]"
    assert code_point in refused.value.zh
    assert "张" not in str(refused.value)


@pytest.mark.parametrize(
    "field",
    ["title", "employer_name", "branch_name", "agent_name", "registration_no", "statement", "mark"],
)
def test_every_text_is_checked(field: str, fonts: FontSet) -> None:
    document = replace(sample(DocumentKind.REMITTANCE), **{field: "甲\u200b"})

    with pytest.raises(UnshowableText, match=f"in {field}$"):
        render(document, fonts=fonts)


def test_the_seal_is_checked_too(fonts: FontSet) -> None:
    with pytest.raises(UnshowableText, match=r"in seal$"):
        render(sample(DocumentKind.REMITTANCE), fonts=fonts, seal=SealFace("中心😀"))


@pytest.mark.parametrize(
    "markup",
    [
        "<b>甲</b>",
        "&amp;&lt;",
        '<img src="file:///etc/passwd">',
        "</td></tr></table>乙",
        "<pdf:nextpage/>",
        "{{7*7}}{%x%}",
        "]]><!--",
        "@import(x);",
        '<font color="red">𠮷</font>',
    ],
)
def test_markup_in_facts_is_printed_as_typed(markup: str, fonts: FontSet, text_of: TextOf) -> None:
    rendered = render(everywhere(markup), fonts=fonts)

    text = "".join(text_of(rendered.pdf))
    assert text.count("".join(markup.split())) == 15
    assert "root:" not in text


def test_long_chinese_wraps_and_loses_nothing(fonts: FontSet, text_of: TextOf) -> None:
    long = "".join(chr(0x4E00 + number) for number in range(200))
    document = sample(
        DocumentKind.PROFILE_CHANGE,
        fields=[Field("单位地址", long), Field("说明", long, wide=True)],
        table=Table([Column("修改前", 30), Column("修改后", 60)], [[long, long]]),
    )

    text = "".join(text_of(render(document, fonts=fonts).pdf))

    assert text.count(long) == 4


def test_a_row_higher_than_a_page_is_refused(fonts: FontSet) -> None:
    columns = [Column("窄", 10), Column("宽", 160)]
    document = sample(DocumentKind.PROFILE_CHANGE, table=Table(columns, [["甲" * 200, "乙"]]))

    with pytest.raises(DocumentTooLarge, match=r"table.rows\[0\] does not fit on a page"):
        render(document, fonts=fonts)


def test_numbers_break_only_when_a_line_cannot_hold_them(fonts: FontSet) -> None:
    em = 10.0

    assert break_lines("账号130700000000", 7 * em, em, fonts=fonts) == ["账号", "130700000000"]
    broken = break_lines("130700000000", 3 * em, em, fonts=fonts)
    assert len(broken) > 1
    assert "".join(broken) == "130700000000"


def test_closing_punctuation_never_begins_a_line(fonts: FontSet) -> None:
    assert break_lines("甲乙丙，丁", 30.0, 10.0, fonts=fonts) == ["甲乙丙，", "丁"]


def test_rendering_logs_nothing_about_people(
    fonts: FontSet, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG):
        render(SAMPLES[DocumentKind.OPEN_ACCOUNTS](3), fonts=fonts, seal=SEAL)

    out, err = capfd.readouterr()
    said = caplog.text + out + err
    assert "欧阳" not in said
    assert "130702" not in said


def test_a_folder_without_fonts_is_named(tmp_path: Path) -> None:
    load = "from services.receipt.rendering.fonts import FontSet; FontSet.load()"

    done = subprocess.run(
        [sys.executable, "-c", load],
        env=os.environ | {"RECEIPT_FONT_DIR": str(tmp_path)},
        capture_output=True,
        check=False,
    )

    assert done.returncode == 1
    assert f"FontsMissing: HallSerif-Regular.ttf is not in {tmp_path}" in done.stderr.decode()
