"""Makes `.venv` from nothing but a Python 3.11 or later: `python3 -m deploy.local.virtualenv`.

Runs before anything is installed, so it uses the standard library only. Debian ships Python
without ensurepip; where that is so, pip comes out of the Debian package python3-pip-whl.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

from deploy.local import debian
from deploy.local.commands import SetupError, run
from deploy.local.paths import ROOT, TOOLS

OLDEST_PYTHON = (3, 11)
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCK = ROOT / "requirements" / "dev.txt"
LAUNCHER = """\
#!{python}
from client.cli import main

raise SystemExit(main())
"""


def main() -> int:
    try:
        if sys.version_info < OLDEST_PYTHON:
            raise SetupError(f"Python {sys.version.split()[0]} is too old: 3.11 or later is needed")
        make_environment()
        install_locked()
        link_sources()
    except SetupError as error:
        print(f"setup: {error}", file=sys.stderr)
        return 1
    return 0


def make_environment() -> None:
    """Create the environment, or leave one alone that works and has pip."""
    if PYTHON.exists() and _has_pip():
        return
    shutil.rmtree(VENV, ignore_errors=True)
    if importlib.util.find_spec("ensurepip") is not None:
        run([sys.executable, "-m", "venv", VENV])
        return
    run([sys.executable, "-m", "venv", "--without-pip", VENV])
    wheels = TOOLS / "pip"
    if not any(wheels.rglob("pip-*.whl")):
        _fetch_pip(wheels)
    wheel = sorted(wheels.rglob("pip-*.whl"))[-1]
    # A wheel is importable as it is: pip installs itself.
    run([PYTHON, f"{wheel}/pip", "install", "--quiet", "--no-index", wheel])


def install_locked() -> None:
    """Install exactly what requirements/dev.txt names; pip's own settings say from where."""
    command = [str(PYTHON), "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    # Compiling 15,000 modules up front takes longer than compiling the few that are used.
    command += ["--no-compile", "--no-deps", "--require-hashes", "-r", str(LOCK)]
    if subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode != 0:
        raise SetupError("pip could not install the locked packages; see its message above")


def link_sources() -> None:
    """Put this checkout and its generated code on the path, and `hpf` beside `python`."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    paths = VENV / "lib" / version / "site-packages" / "hpf-hall.pth"
    paths.write_text(f"{ROOT}\n{ROOT / 'gen'}\n")
    launcher = VENV / "bin" / "hpf"
    launcher.write_text(LAUNCHER.format(python=PYTHON))
    launcher.chmod(0o755)


def _has_pip() -> bool:
    try:
        run([PYTHON, "-m", "pip", "--version"])
    except SetupError:
        return False
    return True


def _fetch_pip(wheels: Path) -> None:
    try:
        debian.unpack("python3-pip-whl", wheels)
    except SetupError as error:
        raise SetupError(
            f"install python3-venv: this Python lacks ensurepip, and {error}"
        ) from error


if __name__ == "__main__":
    raise SystemExit(main())
