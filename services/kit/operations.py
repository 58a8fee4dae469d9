"""操作记录: the businesses of an employer, newest first, as each owner answers for its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from services.kit.app import Call
from services.kit.pages import open_page

#: An operation is a line of some 300 bytes; nobody reads more of them at once.
PAGE_SIZE_MAX = 200


class Asked(Protocol):
    """Which page is wanted."""

    page_size: int
    page_token: str


class Operation(Protocol):
    """A business that was accepted."""

    @property
    def registration_no(self) -> str: ...


_Operation = TypeVar("_Operation", bound=Operation)


def page_of_operations(
    call: Call, asked: Asked, read: Callable[[str, int], Sequence[_Operation]]
) -> tuple[Sequence[_Operation], str]:
    """What to show, and the token of the next page. `read` gives so many of the session's employer, newest first, older
    than a registration number (empty: all). Raises FIELD_INVALID, PAGE_TOKEN_INVALID."""
    page = open_page(
        call.vault,
        scope=("ListOperations", call.employer_no),
        size=asked.page_size,
        token=asked.page_token,
        size_max=PAGE_SIZE_MAX,
    )
    before = str(page.after[0]) if page.after else ""
    return page.cut(read(before, page.fetch), lambda each: (each.registration_no,))
