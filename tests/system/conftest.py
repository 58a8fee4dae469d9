"""One city a test, on databases that the whole run shares: every test has employers of its own.

Afterwards the read side is checked: made anew from the owners' logs it must equal what followed the events. Scenarios on
the shared databases are checked together at the end of their file, which costs a fifth of checking each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from services.kit.events import Event
from tests.system.city import City
from tests.system.read_side import check_read_side, story_of


@pytest.fixture(scope="module")
def stories(
    service_db: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[Event]]:
    """What the scenarios of a file told, one after the other."""
    told: list[Event] = []
    yield told
    city = City(service_db, tmp_path_factory.mktemp("read_side"))
    check_read_side(city, told, service_db)
    city.close()


@pytest.fixture
def city(service_db: Callable[[str], str], tmp_path: Path, stories: list[Event]) -> Iterator[City]:
    made = City(service_db, tmp_path)
    yield made
    stories += story_of(made)
    made.close()


@pytest.fixture
def own_city(new_store: Callable[[str], str], tmp_path: Path) -> Iterator[City]:
    """A city on databases of its own, for what concerns every employer at once (interest, books)."""
    made = City(new_store, tmp_path)
    yield made
    check_read_side(made, story_of(made), new_store)
    made.close()
