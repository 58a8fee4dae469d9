"""Books of a test's own, without any other service: events come in as collection would send them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.store.deposit.desk import Desk


@pytest.fixture
def desk(new_store: Callable[[str], str], tmp_path: Path) -> Iterator[Desk]:
    made = Desk(new_store("deposit"), tmp_path)
    yield made
    made.close()
