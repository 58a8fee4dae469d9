"""One running hall for the whole end-to-end run: seven processes, a database each, the bus."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.town import Town, open_town


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder: Path = tmp_path_factory.mktemp("town")
    town = open_town(f"e2e{secrets.token_hex(4)}", folder)
    yield town
    town.staff.close()
    town.instance.close(drop=True)
