"""Runs an outside program and turns its failure into one readable message."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

SHOWN_OUTPUT_LINES = 15
"""Enough of a failed program's output to see why, without drowning the reason."""


class SetupError(Exception):
    """Something this machine lacks; the message says what to do about it."""


def run(
    command: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    given: str = "",
    timeout_s: float = 600,
) -> str:
    """Give the program `given` to read and return what it wrote; raise SetupError when it cannot start, fails or hangs."""
    shown = " ".join(str(part) for part in command)
    try:
        done = subprocess.run(
            [str(part) for part in command],
            cwd=cwd,
            env=dict(env) if env is not None else None,
            input=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=timeout_s,
            check=False,
        )
    except OSError as error:
        raise SetupError(f"cannot run `{shown}`: {error}") from error
    except subprocess.TimeoutExpired as error:
        raise SetupError(f"`{shown}` did not end within {timeout_s:.0f} s") from error
    if done.returncode != 0:
        tail = "\n".join(done.stdout.splitlines()[-SHOWN_OUTPUT_LINES:])
        raise SetupError(f"`{shown}` failed with status {done.returncode}:\n{tail}")
    return done.stdout
