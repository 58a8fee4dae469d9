"""Receipt at work, and what it prints with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from services.kit.settings import KitSettings
from services.receipt.prints import Press
from services.receipt.settings import ReceiptSettings
from tests.store.stage import Stage, staged


@pytest.fixture
def receipt(service_db: Callable[[str], str], tmp_path: Path) -> Iterator[Stage]:
    yield from staged("receipt", service_db("receipt"), tmp_path)


@pytest.fixture(scope="session")
def press() -> Press:
    """Without a token: the seal is drawn and nothing is signed."""
    settings = ReceiptSettings(database_url="postgresql://nobody@127.0.0.1/unused")
    return Press.load(settings, KitSettings(data_keys_file=Path("unused")))
