"""One running hall for the whole end-to-end run: seven processes, a database each, the bus."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local import infra
from tests.e2e.town import Town, open_town


@pytest.fixture(scope="session")
def superuser_url() -> str:
    """A server of the halls' own: their processes run on while tests of other kinds read event logs."""
    return infra.ensure_forgetful_postgres("e2e")


@pytest.fixture(scope="session")
def town(superuser_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder: Path = tmp_path_factory.mktemp("town")
    town = open_town(f"e2e{secrets.token_hex(4)}", folder, superuser_url=superuser_url)
    yield town
    town.staff.close()
    town.instance.close(drop=True)
