"""Programs that PyPI does not carry: found on the machine, else unpacked below `var/tools`.

Nothing is installed on the system and nothing needs root: a Debian package is as good
unpacked, and a broker that is not installed cannot start by itself at boot.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from deploy.local import debian
from deploy.local.commands import SetupError
from deploy.local.paths import TOOLS

SYSTEM_ROOT = Path("/")
MISSING_BROKER = (
    "no RabbitMQ here: give AMQP_URI of a running one, or install the Debian package "
    "rabbitmq-server, or install Docker"
)
MISSING_SOFTHSM = "no SoftHSM2 here: install the Debian package softhsm2, or set HPF_PKCS11_MODULE"
MISSING_POPPLER = "no pdftotext or pdfsig here: install the Debian package poppler-utils"
SOFTHSM_MODULES = (
    "usr/lib/softhsm/libsofthsm2.so",
    "usr/lib/*-linux-gnu/softhsm/libsofthsm2.so",
    "usr/lib64/pkcs11/libsofthsm2.so",
)


@dataclass(frozen=True)
class RabbitMQ:
    """The folders of one installation, on the system or unpacked."""

    scripts: Path
    erlang_bin: Path
    libraries: Path | None

    @property
    def server(self) -> Path:
        return self.scripts / "rabbitmq-server"


@dataclass(frozen=True)
class SoftHSM:
    """The PKCS#11 module and the program that makes tokens."""

    module: Path
    util: Path


@dataclass(frozen=True)
class Poppler:
    """Other people's judgement of our PDFs: `pdftotext`, `pdfsig`, `pdffonts`."""

    bin: Path
    libraries: Path | None

    def environment(self) -> dict[str, str]:
        """What its programs need to find libraries that were unpacked beside them."""
        if self.libraries is None:
            return dict(os.environ)
        return {**os.environ, "LD_LIBRARY_PATH": str(self.libraries)}


def rabbitmq() -> RabbitMQ | None:
    """The broker's programs, fetched when Debian packages can be had; None when they cannot."""
    unpacked = TOOLS / "rabbitmq"
    found = _rabbitmq_below(SYSTEM_ROOT) or _rabbitmq_below(unpacked)
    if found is None and debian.is_debian_like():
        debian.unpack("rabbitmq-server", unpacked, with_dependencies=True)
        _relocate_erlang(unpacked / "usr" / "lib" / "erlang")
        found = _rabbitmq_below(unpacked)
    return found


def docker() -> str | None:
    """The docker command, if there is one."""
    return shutil.which("docker")


def softhsm() -> SoftHSM:
    """The soft token for tests and the demo; raises SetupError when it cannot be had."""
    unpacked = TOOLS / "softhsm"
    found = _softhsm_below(SYSTEM_ROOT) or _softhsm_below(unpacked)
    if found is None:
        if not debian.is_debian_like():
            raise SetupError(MISSING_SOFTHSM)
        debian.unpack("softhsm2", unpacked, with_dependencies=True)
        found = _softhsm_below(unpacked)
    if found is None:
        raise SetupError(MISSING_SOFTHSM)
    return found


def poppler() -> Poppler:
    """The PDF programs that the tests ask; raises SetupError when they cannot be had."""
    unpacked = TOOLS / "poppler"
    found = _poppler_below(SYSTEM_ROOT) or _poppler_below(unpacked)
    if found is None and debian.is_debian_like():
        debian.unpack("poppler-utils", unpacked, with_dependencies=True)
        found = _poppler_below(unpacked)
    if found is None:
        raise SetupError(MISSING_POPPLER)
    return found


def token_environment() -> dict[str, str]:
    """What a process needs in its environment to find the soft token."""
    token = softhsm()
    module = os.environ.get("HPF_PKCS11_MODULE") or str(token.module)
    path = os.pathsep.join([str(token.util.parent), os.environ.get("PATH", os.defpath)])
    return {"HPF_PKCS11_MODULE": module, "PATH": path}


def _rabbitmq_below(root: Path) -> RabbitMQ | None:
    scripts = root / "usr/lib/rabbitmq/bin"
    erlang_bin = root / "usr/lib/erlang/bin"
    if not ((scripts / "rabbitmq-server").exists() and (erlang_bin / "erl").exists()):
        return None
    libraries = None if root == SYSTEM_ROOT else _library_folder(root)
    return RabbitMQ(scripts=scripts, erlang_bin=erlang_bin, libraries=libraries)


def _poppler_below(root: Path) -> Poppler | None:
    folder = root / "usr/bin"
    if not all((folder / program).exists() for program in ("pdftotext", "pdfsig")):
        return None
    return Poppler(bin=folder, libraries=None if root == SYSTEM_ROOT else _library_folder(root))


def _softhsm_below(root: Path) -> SoftHSM | None:
    util = root / "usr/bin/softhsm2-util"
    for pattern in SOFTHSM_MODULES if util.exists() else ():
        for module in sorted(root.glob(pattern)):
            return SoftHSM(module=module, util=util)
    return None


def _library_folder(root: Path) -> Path | None:
    """The unpacked shared libraries, if the broker brought any (it does on a bare system)."""
    return next(iter(sorted((root / "usr/lib").glob("*-linux-gnu"))), None)


def _relocate_erlang(home: Path) -> None:
    """Debian's start script names the folder it expects to be in; name the real one."""
    script = home / "bin" / "erl"
    script.write_text(script.read_text().replace("ROOTDIR=/usr/lib/erlang", f'ROOTDIR="{home}"'))
