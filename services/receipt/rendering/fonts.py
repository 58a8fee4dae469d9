"""The hall's faces: which of them shows a character, how wide it is, and what stands in the PDF for
it.

A serif face (regular and bold) covers all of GBK and extension A; the fallback face covers the rare
characters of names. Every face is embedded as a subset, with a text map that copies and searches
right above U+FFFF too.
"""

from __future__ import annotations

import os
import struct
import threading
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fontTools.ttLib
from reportlab.lib.fonts import addMapping
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

FONT_DIR_VARIABLE = "RECEIPT_FONT_DIR"
FONT_DIR_DEFAULT = Path("var/fonts")

REGULAR = "HallSerif"
BOLD = "HallSerif-Bold"
FALLBACK = "HallFallback"
FACE_FILES = {
    REGULAR: "HallSerif-Regular.ttf",
    BOLD: "HallSerif-Bold.ttf",
    FALLBACK: "HallFallback.ttf",
}
EMBEDDED = frozenset(FACE_FILES)

# They have a width and no shape; anything else without a shape would vanish from a name unseen.
_SPACES = frozenset(" \u3000")
_FIGURES = range(ord("0"), ord("9") + 1)
# A PDF reader need not read more than this many entries in one block of a text map (PDF 32000-1,
# 9.10.3).
_BLOCK_ENTRIES_MAX = 100

_loading = threading.Lock()
_loaded: dict[Path, FontSet] = {}


class FontsMissing(RuntimeError):
    """The font folder lacks a face; names the folder and what to run."""


class UnshowableText(ValueError):
    """No face shows a character of the facts, so the document is not made.

    `path` is the field and `character` the first offender. The text for engineers has its code
    point and nothing of the content around it; `zh` is for the person.
    """

    def __init__(self, *, path: str, character: str) -> None:
        self.path = path
        self.character = character
        super().__init__(f"no face shows U+{ord(character):04X} in {path}")

    @property
    def zh(self) -> str:
        code_point = f"U+{ord(self.character):04X}"
        if unicodedata.category(self.character).startswith("C"):
            return f"内容中有不可显示的字符（{code_point}），无法生成文件，请修改后重试"
        return f"字库中没有“{self.character}”字（{code_point}），无法生成文件，请联系管理部"


@dataclass(frozen=True, slots=True)
class _Glyph:
    """A glyph by its number in the face; its width is in thousandths of the size."""

    number: int
    width: float


class HallFont(TTFont):
    """A TrueType face that knows which characters it draws and maps them back to text in UTF-16.

    reportlab writes `<20BB7>` for 𠮷, which readers take for two other characters; the right form is
    `<D842DFB7>`.
    """

    def __init__(self, name: str, path: Path) -> None:
        super().__init__(name, str(path))
        if not _SPACES.issubset(map(chr, self.face.charToGlyph)):
            raise FontsMissing(f"{path.name} lacks a space")
        drawn = dict(_characters_with_shape(self.face))
        spaces = {ord(space): self.face.charToGlyph[ord(space)] for space in _SPACES}
        self.drawn = frozenset(drawn)
        self.drawn_or_space = self.drawn | spaces.keys()
        # xhtml2pdf asks this map too, so both agree on which face draws what.
        self.face.charToGlyph = drawn | spaces
        self._set_figures_of_one_width(path)

    def _set_figures_of_one_width(self, path: Path) -> None:
        """Draw 0 to 9 by the face's half-width figures, where it has them.

        The usual ones follow the text, a 1 narrower than a 0: amounts under each other would not line up.
        """
        instead = _half_width_forms(path)
        for figure in _FIGURES:
            glyph = instead.get(self.face.charToGlyph[figure])
            if glyph is not None:
                self.face.charToGlyph[figure] = glyph.number
                self.face.charWidths[figure] = glyph.width

    def addObjects(self, doc: Any) -> None:
        subsets = list(self.state[doc].subsets)
        names = [self.getSubsetInternalName(number, doc)[1:] for number in range(len(subsets))]
        super().addObjects(doc)
        for name, subset in zip(names, subsets, strict=True):
            font = doc.idToObject["BasicFonts"].dict[name]
            stream = doc.idToObject[f"toUnicodeCMap:{font.BaseFont}"]
            stream.content = _text_map(font.BaseFont, subset)


@dataclass(frozen=True, slots=True)
class FontSet:
    """The registered faces. reportlab keeps fonts per process: one folder, loaded once."""

    regular: HallFont
    bold: HallFont
    fallback: HallFont
    # What the serif face draws in both weights, spaces included: nearly all text there is.
    main: frozenset[int]

    @classmethod
    def load(cls, font_dir: Path | None = None) -> FontSet:
        """Read the faces of `font_dir`, RECEIPT_FONT_DIR or var/fonts. Raises FontsMissing."""
        folder = font_dir or Path(os.environ.get(FONT_DIR_VARIABLE) or FONT_DIR_DEFAULT)
        folder = folder.resolve()
        with _loading:
            if folder in _loaded:
                return _loaded[folder]
            if _loaded:
                raise ValueError("this process has already loaded its fonts from another folder")
            regular, bold, fallback = (
                _register(name, folder / file) for name, file in FACE_FILES.items()
            )
            main = regular.drawn_or_space & bold.drawn_or_space
            _loaded[folder] = cls(regular, bold, fallback, main)
            return _loaded[folder]

    def shows(self, character: str) -> bool:
        """Whether a face draws the character, or it is one of the two spaces."""
        code = ord(character)
        return character in _SPACES or code in self.regular.drawn or code in self.fallback.drawn

    def refuse_unshowable(self, path: str, text: str) -> None:
        """Raises UnshowableText for the first character of `text` that no face shows."""
        if self.all_in_main(text):
            return
        for character in text:
            if not self.shows(character):
                raise UnshowableText(path=path, character=character)

    def runs(self, text: str, *, bold: bool = False) -> Iterator[tuple[HallFont, str]]:
        """Cut text into the longest runs that one face draws; a space stays in the run it is in."""
        main = self.bold if bold else self.regular
        if text and self.all_in_main(text):
            yield main, text
            return
        start, current = 0, main
        for index, character in enumerate(text):
            font = current if character in _SPACES else self._face_of(character, main=main)
            if font is not current:
                if index > start:
                    yield current, text[start:index]
                start, current = index, font
        if start < len(text):
            yield current, text[start:]

    def width(self, text: str, size: float, *, bold: bool = False) -> float:
        """The width of one line of text in points."""
        if not bold and self.all_in_main(text):
            return float(self.regular.stringWidth(text, size))
        return float(sum(font.stringWidth(run, size) for font, run in self.runs(text, bold=bold)))

    def all_in_main(self, text: str) -> bool:
        """Whether the serif face alone draws the text, regular or bold."""
        return self.main.issuperset(map(ord, text))

    def _face_of(self, character: str, *, main: HallFont) -> HallFont:
        code = ord(character)
        if code in main.drawn:
            return main
        return self.fallback if code in self.fallback.drawn else self.regular


def _register(name: str, path: Path) -> HallFont:
    if not path.is_file():
        raise FontsMissing(f"{path.name} is not in {path.parent}; `make setup` puts it there")
    font = HallFont(name, path)
    pdfmetrics.registerFont(font)
    for italic in (0, 1):
        addMapping(name, 0, italic, name)
        # The fallback has one weight; a bold rare character is better shown in regular than not at
        # all.
        addMapping(name, 1, italic, BOLD if name == REGULAR else name)
    return font


def _characters_with_shape(face: Any) -> Iterator[tuple[int, int]]:
    """Character and glyph; an empty glyph, which the `loca` table gives no bytes, is left out."""
    face.seek_table("head")
    face.skip(50)
    long_offsets = face.read_ushort() == 1
    table = face.get_table("loca")
    count = len(table) // (4 if long_offsets else 2)
    offsets = struct.unpack(f">{count}{'I' if long_offsets else 'H'}", table)
    for code, glyph in face.charToGlyph.items():
        drawn = glyph and glyph + 1 < count and offsets[glyph + 1] > offsets[glyph]
        # Format characters (joiners, direction marks) and private ones mean nothing on paper, drawn
        # or not.
        if drawn and not unicodedata.category(chr(code)).startswith("C"):
            yield code, glyph


def _half_width_forms(path: Path) -> dict[int, _Glyph]:
    """By glyph, the one that may stand for it half a square wide (OpenType feature `hwid`)."""
    with fontTools.ttLib.TTFont(path, lazy=True) as font:
        if "GSUB" not in font:
            return {}
        # Names are of no use here, and making up 30,000 takes a second.
        font.setGlyphOrder([str(number) for number in range(font["maxp"].numGlyphs)])
        rules = font["GSUB"].table
        lookups = {
            index
            for record in rules.FeatureList.FeatureRecord
            if record.FeatureTag == "hwid"
            for index in record.Feature.LookupListIndex
        }
        pairs: dict[str, str] = {}
        for index in sorted(lookups):
            for table in rules.LookupList.Lookup[index].SubTable:
                # A table too far away for 16 bits is reached through another.
                pairs |= getattr(getattr(table, "ExtSubTable", table), "mapping", {})
        widths, units = font["hmtx"], font["head"].unitsPerEm
        return {
            int(usual): _Glyph(int(instead), widths[instead][0] * 1000 / units)
            for usual, instead in pairs.items()
        }


def _text_map(name: str, subset: list[int]) -> str:
    entries = [
        f"<{index:02X}> <{chr(code).encode('utf-16-be').hex().upper()}>"
        for index, code in enumerate(subset)
    ]
    blocks: list[str] = []
    for start in range(0, len(entries), _BLOCK_ENTRIES_MAX):
        block = entries[start : start + _BLOCK_ENTRIES_MAX]
        blocks += [f"{len(block)} beginbfchar", *block, "endbfchar"]
    return "\n".join(
        [
            "/CIDInit /ProcSet findresource begin",
            "12 dict begin",
            "begincmap",
            f"/CIDSystemInfo << /Registry ({name}) /Ordering ({name}) /Supplement 0 >> def",
            f"/CMapName /{name} def",
            "/CMapType 2 def",
            "1 begincodespacerange",
            f"<00> <{len(subset) - 1:02X}>",
            "endcodespacerange",
            *blocks,
            "endcmap",
            "CMapName currentdict /CMap defineresource pop",
            "end",
            "end",
        ]
    )
