"""Fetches the faces and verifies them.

Re-entrant: a face that is already there with the right checksum is left alone, and every file
appears under its final name only when it is complete.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tarfile
from pathlib import Path

from deploy.fonts.faces import FACES, DebianSource, Face, NpmSource
from deploy.local import debian
from deploy.local.commands import SetupError
from deploy.local.node import fetch_npm_package
from deploy.local.paths import CACHE


def build(folder: Path) -> list[Path]:
    """Put every face and its licence into `folder`; return the faces' paths."""
    folder.mkdir(parents=True, exist_ok=True)
    placed = [_place(face, folder) for face in FACES]
    # The packages are three times as large as the faces taken out of them.
    for downloaded in (CACHE / "fonts", CACHE / "npm"):
        shutil.rmtree(downloaded, ignore_errors=True)
    return placed


def _place(face: Face, folder: Path) -> Path:
    target = folder / face.file_name
    if target.is_file() and _sha256(target.read_bytes()) == face.sha256:
        return target
    unpacked = _unpacked(face.source)
    _write(_verified(unpacked / face.member, sha256=face.sha256), target)
    license_name = face.source.package.rpartition("/")[2]
    _write((unpacked / face.license_member).read_bytes(), folder / f"LICENSE-{license_name}.txt")
    return target


def _unpacked(source: NpmSource | DebianSource) -> Path:
    """The folder with the source's files; fetched again after `make clean` or a new pin."""
    match source:
        case NpmSource(package, version):
            into = CACHE / "fonts" / f"{package.rpartition('/')[2]}-{version}"
        case DebianSource(package):
            into = CACHE / "fonts" / package
    if into.is_dir():
        return into
    partial = into.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    match source:
        case NpmSource(package, version):
            _unpack_faces(fetch_npm_package(package, version), partial)
        case DebianSource(package):
            debian.unpack(package, partial)
    os.replace(partial, into)
    return into


def _unpack_faces(archive: Path, into: Path) -> None:
    """Only the files named in `FACES`: an archive's other paths are none of our business."""
    wanted = {face.member for face in FACES} | {face.license_member for face in FACES}
    with tarfile.open(archive) as members:
        for member in members:
            content = members.extractfile(member) if member.name in wanted else None
            if content is not None:
                target = into / member.name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content.read())


def _verified(path: Path, *, sha256: str) -> bytes:
    if not path.is_file():
        raise SetupError(f"{path.name}: not in its package; the pinned source has changed")
    content = path.read_bytes()
    found = _sha256(content)
    if found != sha256:
        raise SetupError(f"{path.name}: sha256 is {found}, expected {sha256}; not using it")
    return content


def _write(content: bytes, target: Path) -> None:
    partial = target.with_suffix(".partial")
    partial.write_bytes(content)
    os.replace(partial, target)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
