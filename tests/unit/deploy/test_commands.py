"""`python -m deploy.local` as it is used in a shell."""

from __future__ import annotations

import os
import subprocess
import sys

from deploy.local.paths import ROOT


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    reading, writing = os.pipe()
    os.close(reading)  # what `| true` leaves behind

    ended = subprocess.run(
        [sys.executable, "-m", "deploy.local", "logs"],
        stdout=writing,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        timeout=60,
        check=False,
    )

    os.close(writing)
    assert (ended.returncode, ended.stderr) == (0, b"")
