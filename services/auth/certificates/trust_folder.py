"""The trust store on disk, read again when a file changes (new CRL, new CA) without a restart.

    trust/
      hebca/                one folder for each CA
        ca.toml             `AuthoritySettings`
        ca.pem              its root or roots
        intermediates/*     issuing CAs (DER or PEM)
        crls/*              revocation lists        ocsp/*   OCSP answers (DER)

A directory without such folders is one CA with default settings: each certificate in it is a root.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

from asn1crypto import x509

from services.auth.certificates.reading import (
    Unreadable,
    der_parts,
    read_certificate,
    read_crl,
    read_ocsp,
)
from services.auth.certificates.settings import AuthoritySettings, SettingsError, parse_settings
from services.auth.certificates.trust_store import Authority, TrustStore

log = logging.getLogger(__name__)

SETTINGS_FILE = "ca.toml"
ROOT_FILE = "ca.pem"
CRL_FOLDER = "crls"
# A changed list counts within a second, and a login costs at most one look at the directory a second.
LOOK_AGAIN_SECONDS = 1.0
# A trust directory holds some dozens of files; this many mean a wrong path.
MAX_FILES = 10_000

_Read = TypeVar("_Read")


class TrustUnreadable(RuntimeError):
    """The directory cannot serve as a trust store; the message names the file."""


class TrustFolder:
    """A directory and what was last read of it. A half-written change keeps the last good state;
    an empty directory trusts nobody until a CA is put into it."""

    def __init__(
        self,
        directory: Path,
        *,
        fetched: Path | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._directory = directory
        self._fetched = fetched
        self._monotonic = monotonic
        self._looked_at = 0.0
        self._state: frozenset[tuple[str, int, int]] | None = None
        self._store = TrustStore(())

    def current(self) -> TrustStore:
        """The store as it is on disk, at most `LOOK_AGAIN_SECONDS` old."""
        now = self._monotonic()
        if self._state is not None and now - self._looked_at < LOOK_AGAIN_SECONDS:
            return self._store
        self._looked_at = now
        state = _state_of(self._directory) | _state_of(self._fetched)
        if state != self._state:
            try:
                self._store = read_trust_directory(self._directory, fetched=self._fetched)
                log.info("trust store read again: %d authorities", len(self._store.authorities))
            except TrustUnreadable as error:
                log.error("trust store unchanged: %s", error)
            self._state = state
        return self._store


def read_trust_directory(
    directory: Path,
    *,
    intermediates: Path | None = None,
    crls: Path | None = None,
    settings: AuthoritySettings | None = None,
    fetched: Path | None = None,
) -> TrustStore:
    """Read a trust directory; extra folders with intermediates and lists count for all its CAs.

    A directory without `ca.toml`, or a single file, is one CA under `settings`. `fetched` has a folder of the same
    name for each CA, with the lists that were fetched. Files that cannot be read are left out and named in `problems`. Raises `TrustUnreadable` when a
    `ca.toml` is wrong or nothing at all is left to trust.
    """
    problems: list[str] = []
    for place in (directory, intermediates, crls):
        if place is not None and not place.exists():
            raise TrustUnreadable(f"{place} is not there")
    more_intermediates = _certificates(files_of(intermediates), problems)
    more_crls = _read_all(files_of(crls), read_crl, problems)
    folders = sorted(path.parent for path in directory.glob(f"*/{SETTINGS_FILE}"))
    authorities = [_read_folder(folder, problems, fetched=fetched) for folder in folders]
    if not authorities:
        roots = _certificates(files_of(directory), problems)
        own = settings or AuthoritySettings(name=directory.name or "trust")
        authorities = [Authority(own, roots)]
    store = TrustStore(
        [
            Authority(
                each.settings,
                each.roots,
                [*each.intermediates, *more_intermediates],
                [*each.crls, *more_crls],
                each.ocsp_answers,
            )
            for each in authorities
            if each.roots
        ],
        problems,
    )
    if not store.authorities:
        raise TrustUnreadable(f"no root certificate in {directory}")
    for problem in problems:
        log.warning("trust store: %s", problem)
    return store


def read_authority_folders(directory: Path) -> list[tuple[Path, Authority]]:
    """Each CA with the folder it lies in. Raises `TrustUnreadable` when a `ca.toml` is wrong."""
    folders = sorted(path.parent for path in directory.glob(f"*/{SETTINGS_FILE}"))
    return [(folder, _read_folder(folder, [])) for folder in folders]


def _read_folder(folder: Path, problems: list[str], *, fetched: Path | None = None) -> Authority:
    try:
        settings = parse_settings((folder / SETTINGS_FILE).read_text(encoding="utf-8"))
    except (SettingsError, OSError, UnicodeDecodeError) as error:
        raise TrustUnreadable(f"{folder.name}/{SETTINGS_FILE}: {error}") from error
    return Authority(
        settings,
        roots=_certificates([folder / ROOT_FILE], problems),
        intermediates=_certificates(files_of(folder / "intermediates"), problems),
        crls=_read_all(
            [*files_of(folder / CRL_FOLDER), *files_of(fetched and fetched / folder.name)],
            read_crl,
            problems,
        ),
        ocsp_answers=_read_all(files_of(folder / "ocsp"), read_ocsp, problems),
    )


def _certificates(paths: Iterable[Path], problems: list[str]) -> Sequence[x509.Certificate]:
    found = _read_all(paths, read_certificate, problems)
    return list({certificate.sha256: certificate for certificate in found}.values())


def _read_all(
    paths: Iterable[Path], read: Callable[[bytes], _Read], problems: list[str]
) -> list[_Read]:
    found = []
    for path in paths:
        try:
            found += [read(part) for part in der_parts(path.read_bytes())]
        except (Unreadable, OSError) as error:
            problems.append(f"{path.name} is left out: {error}")
    return found


def files_of(folder: Path | None) -> list[Path]:
    """The files in a folder, or the one file that is named instead of a folder; sorted, bounded."""
    if folder is None or not folder.exists():
        return []
    if folder.is_file():
        return [folder]
    # A dot file is one that somebody is still writing.
    found = (path for path in folder.iterdir() if path.is_file() and path.name[0] != ".")
    return sorted(found)[:MAX_FILES]


def _state_of(directory: Path | None) -> frozenset[tuple[str, int, int]]:
    state = set()
    for path in directory.rglob("*") if directory else ():
        try:
            found = path.stat()
        except FileNotFoundError:
            continue
        state.add((str(path), found.st_mtime_ns, found.st_size))
    return frozenset(state)
