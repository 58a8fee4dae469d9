"""A remembered program is the one that was started, or none."""

from __future__ import annotations

import json
import os
import signal
import stat
import sys
from pathlib import Path

import pytest

from deploy.local.commands import SetupError
from deploy.local.daemons import Daemon, await_ready, launch, recall, remember, write_secret

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


def sleeper(folder: Path) -> Daemon:
    return launch(SLEEP, log=folder / "log", env={}, cwd=folder)


def test_a_running_program_is_found_again_with_its_facts(tmp_path: Path) -> None:
    daemon = sleeper(tmp_path)
    remember(daemon, tmp_path / "pid.json", port=5432)

    assert recall(tmp_path / "pid.json") == (daemon, {"port": 5432})

    daemon.end(signal.SIGKILL)
    assert recall(tmp_path / "pid.json") is None


def test_a_reused_pid_is_a_stranger(tmp_path: Path) -> None:
    ours = Daemon.of(os.getpid())
    remember(Daemon(pid=ours.pid, started=ours.started - 1), tmp_path / "pid.json")

    assert recall(tmp_path / "pid.json") is None


def test_a_damaged_pid_file_is_no_program(tmp_path: Path) -> None:
    (tmp_path / "pid.json").write_text("{")

    assert recall(tmp_path / "pid.json") is None


def test_a_program_that_dies_while_starting_shows_its_last_words(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "raise SystemExit('no disk left')"]
    daemon = launch(command, log=tmp_path / "log", env={}, cwd=tmp_path)

    with pytest.raises(SetupError, match=r"store ended while starting.*\s*no disk left"):
        await_ready(daemon, lambda: False, name="store", log=tmp_path / "log", timeout_s=10)


def test_a_secret_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    write_secret(tmp_path / "keys" / "data.json", json.dumps({"current": "k1"}))

    assert stat.S_IMODE((tmp_path / "keys" / "data.json").stat().st_mode) == 0o600
