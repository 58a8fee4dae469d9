"""What the tests of documents share: the faces, a seal on a token, and readers of other makers."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.local import programs
from services.receipt.rendering.fonts import FontSet
from tests.conformance.documents.seal_token import SealToken, make_seal_token


@pytest.fixture(scope="session")
def fonts() -> FontSet:
    """The hall's faces as set-up has fetched them."""
    return FontSet.load()


@pytest.fixture(scope="session")
def seal_token(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SealToken]:
    """A token with an RSA and a P-256 key, for this run only."""
    folder = tmp_path_factory.mktemp("seal")
    before = os.environ.get("SOFTHSM2_CONF")
    os.environ["SOFTHSM2_CONF"] = str(folder / "softhsm2.conf")
    yield make_seal_token(folder)
    if before is None:
        del os.environ["SOFTHSM2_CONF"]
    else:
        os.environ["SOFTHSM2_CONF"] = before


def run_poppler(program: str, *arguments: str | Path) -> subprocess.CompletedProcess[bytes]:
    """One of poppler's programs, wherever the set-up found it."""
    poppler = programs.poppler()
    return subprocess.run(
        [poppler.bin / program, *arguments],
        env=poppler.environment(),
        capture_output=True,
        check=False,
    )


@pytest.fixture
def text_of(tmp_path: Path) -> Callable[[bytes], list[str]]:
    """Poppler's text of each page in drawing order, without white space."""

    def read(pdf: bytes) -> list[str]:
        path = tmp_path / "read.pdf"
        path.write_bytes(pdf)
        done = run_poppler("pdftotext", "-raw", path, "-")
        done.check_returncode()
        return ["".join(page.split()) for page in done.stdout.decode().split("\f")[:-1]]

    return read


@pytest.fixture
def pdfsig(tmp_path: Path) -> Callable[[bytes], str]:
    """Poppler's opinion of the signature."""

    def judge(pdf: bytes) -> str:
        path = tmp_path / "judged.pdf"
        path.write_bytes(pdf)
        return run_poppler("pdfsig", "-nocert", path).stdout.decode()

    return judge
