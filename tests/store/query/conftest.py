"""Query on its real store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.store.stage import Stage, staged

_serials = count(1)


@pytest.fixture
def query(service_db: Callable[[str], str], tmp_path: Path) -> Iterator[Stage]:
    # No wait: what has not been told yet does not come by itself in these tests.
    yield from staged("query", service_db("query"), tmp_path)


@pytest.fixture
def serial() -> Callable[[], int]:
    """The next serial number of the centre's ledger."""
    return lambda: next(_serials)
