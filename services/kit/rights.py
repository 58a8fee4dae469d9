"""What a running service may do to the rows of each table: said by the table itself, in its `info`.

Without a word it may do everything that is done to rows. `grants` makes the role's rights of it (docs/adr/0024).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import Table

#: What is sealed is sealed anew under another data key (`reseal`), whatever else of its row stays.
SEALED: Final = "_sealed"

_RIGHTS: Final = "rights"


@dataclass(frozen=True, slots=True)
class Rights:
    """What is done to a table besides reading and adding rows. `update` names columns; None is every column."""

    update: tuple[str, ...] | None = None
    delete: bool = True


def only_grows() -> dict[str, Rights]:
    """The `info` of a table whose rows stay as they were added."""
    return changes_only()


def changes_only(*columns: str, delete: bool = False) -> dict[str, Rights]:
    """The `info` of a table whose rows change in these columns and stay otherwise."""
    return {_RIGHTS: Rights(update=columns, delete=delete)}


def does_only_grow(table: Table) -> bool:
    return bool(table.info.get(_RIGHTS) == Rights(update=(), delete=False))


def rights_of(table: Table) -> Rights:
    """What a running service may do to it; without `info`, everything that is done to rows."""
    said: Rights = table.info.get(_RIGHTS, Rights())
    if said.update is None:
        return said
    sealed = [each.name for each in table.columns if each.name.endswith(SEALED)]
    return replace(said, update=tuple(dict.fromkeys((*said.update, *sealed))))
