"""Text that a person typed and that papers print for years: nothing in it that nobody sees.

A line break, a direction mark or a private character has no shape; a receipt that carries one cannot be made, and its
facts can no longer be changed. So it is refused where it is typed.
"""

from __future__ import annotations

import unicodedata

# Control, format, private and half characters; separators of lines and paragraphs.
_UNSEEN = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})

#: For the person who typed it.
NOT_PLAIN_ZH = "含有换行等不可显示的字符，请删除后重新录入"


def is_plain(text: str) -> bool:
    """Whether every character of it is one that people see, or a space."""
    return text.isprintable() or not any(unicodedata.category(each) in _UNSEEN for each in text)
