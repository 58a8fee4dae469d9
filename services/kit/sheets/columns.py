"""What one column of a list is: declared once, obeyed by template, import, entry, validation and export.

Serves every list of the manual (§5.1–5.4, §5.7, §6.2) and the exports of §4.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ColumnKind(StrEnum):
    """How the text of a cell is understood; the value is its name on the wire."""

    TEXT = "text"
    NAME = "name"
    CODE = "code"
    ID_NUMBER = "id_number"
    MOBILE = "mobile"
    MONEY = "money"
    PERCENT = "percent"
    MONTH = "month"
    ACCOUNT_NO = "account_no"
    COUNT = "count"
    # Written only, never read: a business date of an export.
    DATE = "date"


@dataclass(frozen=True, slots=True)
class Choice:
    """One entry of a code table: its code and what people read."""

    code: str
    title_zh: str


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `id_type_from` names the CODE column that tells which kind of id number this one holds."""

    key: str
    title_zh: str
    kind: ColumnKind = ColumnKind.TEXT
    required: bool = False
    example: str = ""
    hint_zh: str = ""
    # In characters of Excel's default font; a Chinese character takes two.
    width: int = 16
    choices: tuple[Choice, ...] = ()
    id_type_from: str = ""
    # Other header titles under which clerks' own lists carry this column.
    aliases_zh: tuple[str, ...] = ()
    max_chars: int = 100

    @property
    def header_zh(self) -> str:
        """The title as templates show it: `*` marks what must be filled in."""
        return f"{self.title_zh}*" if self.required else self.title_zh

    @property
    def keeps_digits(self) -> bool:
        """Whether a numeric cell would lose something: digits past the 15th, zeros in front."""
        return self.kind in (ColumnKind.ID_NUMBER, ColumnKind.ACCOUNT_NO)

    def choice_titles(self) -> dict[str, str]:
        """Code → title."""
        return {choice.code: choice.title_zh for choice in self.choices}
