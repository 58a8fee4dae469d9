"""Books of a test's own, without any other service: events come in as collection would send them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from services.kit.migrate import migrate
from tests.store.deposit.desk import Desk


@pytest.fixture
def desk(new_database: Callable[[], str], tmp_path: Path) -> Iterator[Desk]:
    url = new_database()
    migrate("deposit", url)
    made = Desk(url, tmp_path)
    yield made
    made.close()
