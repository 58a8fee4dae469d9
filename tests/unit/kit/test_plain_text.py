"""What may be typed: every name there is, and no character that nobody sees."""

from __future__ import annotations

import pytest

from services.kit.plain_text import is_plain


@pytest.mark.parametrize(
    "text", ["", "张家口市桥东区 1 号", "䶮喆㛃𬭎𠮷𫖯〇", "李　明", "<b>&amp;{{x}}</b>", "ﷺ"]
)
def test_what_people_see_is_plain(text: str) -> None:
    assert is_plain(text)


@pytest.mark.parametrize(
    "character",
    [
        "\n",
        "\t",
        "\x00",
        "\x85",
        "\u200b",
        "\u202e",
        "\u2066",
        "\u2028",
        "\ufeff",
        "\ue001",
        "\ud800",
    ],
)
def test_what_nobody_sees_is_not(character: str) -> None:
    assert not is_plain(f"甲{character}乙")
