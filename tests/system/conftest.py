"""One city a test, on databases that the whole run shares: every test has employers of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.system.city import City


@pytest.fixture
def city(service_db: Callable[[str], str], tmp_path: Path) -> Iterator[City]:
    made = City(service_db, tmp_path)
    yield made
    made.close()


@pytest.fixture
def own_city(new_store: Callable[[str], str], tmp_path: Path) -> Iterator[City]:
    """A city on databases of its own, for what concerns every employer at once (interest, books)."""
    made = City(new_store, tmp_path)
    yield made
    made.close()
