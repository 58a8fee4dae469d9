"""A hall one part of which cannot start is taken down again, and says why."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest

from deploy.local.commands import SetupError
from deploy.local.paths import INSTANCES
from tests.e2e.town import open_town, wait_until


def processes_of(name: str) -> list[str]:
    """Every process of this machine that was given a folder of that instance."""
    folder = f"{INSTANCES / name}/".encode()
    found = []
    for each in Path("/proc").glob("[0-9]*/environ"):
        try:
            if folder in each.read_bytes():
                found.append(each.parent.name)
        except OSError:
            pass  # ended meanwhile, or somebody else's
    return found


def test_a_hall_that_does_not_start_leaves_no_process_and_no_folder(
    tmp_path: Path, superuser_url: str
) -> None:
    name = f"e2e{secrets.token_hex(4)}"

    with pytest.raises(SetupError, match=r"EDGE_NO_SUCH_SETTING is not a setting of EdgeSettings"):
        open_town(
            name,
            tmp_path,
            settings={"EDGE_NO_SUCH_SETTING": "1"},
            superuser_url=superuser_url,
        )

    assert wait_until(lambda: not processes_of(name))
    assert not (INSTANCES / name).exists()
