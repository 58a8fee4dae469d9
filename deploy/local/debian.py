"""Debian packages without touching the system: downloaded and unpacked below `var/tools`.

Works for any user. apt's own state is kept apart from the machine's, so neither a missing
package list nor a missing permission matters; packages already installed are not fetched again.
"""

from __future__ import annotations

import getpass
import os
import shutil
from pathlib import Path

from deploy.local.commands import SetupError, run
from deploy.local.paths import CACHE

APT_STATE = CACHE / "apt"


def is_debian_like() -> bool:
    """Whether apt and dpkg are here at all."""
    return shutil.which("apt-get") is not None and shutil.which("dpkg") is not None


def unpack(package: str, into: Path, *, with_dependencies: bool = False) -> None:
    """Unpack `package` (and what it needs beyond the installed ones) into the folder `into`."""
    if not is_debian_like():
        raise SetupError(f"{package}: no apt-get here; it is taken from the Debian package")
    archives = APT_STATE / "wanted" / package
    shutil.rmtree(archives, ignore_errors=True)
    archives.mkdir(parents=True)
    try:
        _download(package, archives, with_dependencies=with_dependencies)
    except SetupError:
        # Most often the lists are missing or name a version the mirror has replaced.
        run([*_apt(), "update"])
        _download(package, archives, with_dependencies=with_dependencies)
    into.mkdir(parents=True, exist_ok=True)
    for archive in sorted(archives.glob("*.deb")):
        run(["dpkg", "-x", archive, into])
    shutil.rmtree(archives)


def install(*packages: str) -> None:
    """Install on the system (root only), keeping the packages' own services from starting."""
    if os.geteuid() != 0:
        raise SetupError(f"installing {', '.join(packages)} needs root")
    quiet = dict(os.environ, DEBIAN_FRONTEND="noninteractive", RUNLEVEL="1")
    command = ["apt-get", "-o", "DPkg::Lock::Timeout=300", "install", "-y", "-qq"]
    command += ["--no-install-recommends", *packages]
    try:
        run(command, env=quiet)
    except SetupError:
        run(["apt-get", "-o", "DPkg::Lock::Timeout=300", "update", "-qq"], env=quiet)
        run(command, env=quiet)


def _download(package: str, archives: Path, *, with_dependencies: bool) -> None:
    if not with_dependencies:
        run([*_apt(), "download", "-qq", package], cwd=archives)
        return
    (archives / "partial").mkdir(exist_ok=True)
    run(
        [
            *_apt(),
            "-o",
            f"Dir::Cache::archives={archives}",
            "install",
            "--download-only",
            "--no-install-recommends",
            "-y",
            "-qq",
            package,
        ]
    )


def _apt() -> list[str]:
    """apt-get with lists and caches of its own, yet the machine's sources and dpkg status."""
    (APT_STATE / "state" / "lists" / "partial").mkdir(parents=True, exist_ok=True)
    (APT_STATE / "cache" / "archives" / "partial").mkdir(parents=True, exist_ok=True)
    settings = {
        "Dir::State": APT_STATE / "state",
        "Dir::State::status": "/var/lib/dpkg/status",
        "Dir::Cache": APT_STATE / "cache",
        "Debug::NoLocking": "1",
        "APT::Sandbox::User": getpass.getuser(),
        "DPkg::Pre-Install-Pkgs": "",
    }
    command = ["apt-get"]
    for key, setting in settings.items():
        command += ["-o", f"{key}={setting}"]
    return command
